//! PyTorch's dtypes, by their own names and by those of their storage classes.

use super::super::tensor_view::DType;

/// A dtype of PyTorch.
pub struct TorchDType {
    name: &'static str,
    /// The class of its storages.
    storage: &'static str,
    /// Bytes of an element.
    pub size: usize,
    /// `None` for dtypes that weights do not have.
    dtype: Option<DType>,
}

const fn float(name: &'static str, storage: &'static str, size: usize, dtype: DType) -> TorchDType {
    TorchDType { name, storage, size, dtype: Some(dtype) }
}

const fn other(name: &'static str, storage: &'static str, size: usize) -> TorchDType {
    TorchDType { name, storage, size, dtype: None }
}

const TYPES: &[TorchDType] = &[
    float("float32", "FloatStorage", 4, DType::F32),
    float("float16", "HalfStorage", 2, DType::F16),
    float("bfloat16", "BFloat16Storage", 2, DType::Bf16),
    float("float64", "DoubleStorage", 8, DType::F64),
    other("int64", "LongStorage", 8),
    other("int32", "IntStorage", 4),
    other("int16", "ShortStorage", 2),
    other("int8", "CharStorage", 1),
    other("uint8", "ByteStorage", 1),
    other("bool", "BoolStorage", 1),
    other("complex64", "ComplexFloatStorage", 8),
    other("complex128", "ComplexDoubleStorage", 16),
    other("qint8", "QInt8Storage", 1),
    other("quint8", "QUInt8Storage", 1),
    other("quint4x2", "QUInt4x2Storage", 1),
    other("quint2x4", "QUInt2x4Storage", 1),
    other("qint32", "QInt32Storage", 4),
    other("bytes", "UntypedStorage", 1),
];

impl TorchDType {
    /// The dtype of a storage class on any device (`torch.cuda.FloatStorage`).
    pub fn of_storage(class: &str) -> Option<&'static TorchDType> {
        TYPES.iter().find(|kind| kind.storage == class)
    }

    /// The dtype called `torch.NAME`.
    pub fn of_dtype(name: &str) -> DType {
        let known = TYPES.iter().find(|kind| kind.name == name);
        known.map_or_else(|| DType::Other(name.to_owned().into()), TorchDType::dtype)
    }

    pub fn dtype(&self) -> DType {
        self.dtype.clone().unwrap_or(DType::Other(self.name.into()))
    }
}
