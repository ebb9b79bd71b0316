//! PyTorch's types of elements, by the names of storages and dtypes.

use super::super::entry::Element;

/// A type of elements.
pub struct ElementType {
    dtype: &'static str,
    /// The class of storages of such elements, where there is one.
    storage: &'static str,
    /// Bytes of an element.
    pub size: usize,
    /// What weights of the type are; `None` for types that weights do not have.
    element: Option<Element>,
}

const fn float(
    dtype: &'static str,
    storage: &'static str,
    size: usize,
    element: Element,
) -> ElementType {
    ElementType { dtype, storage, size, element: Some(element) }
}

const fn other(dtype: &'static str, storage: &'static str, size: usize) -> ElementType {
    ElementType { dtype, storage, size, element: None }
}

const TYPES: &[ElementType] = &[
    float("float32", "FloatStorage", 4, Element::F32),
    float("float16", "HalfStorage", 2, Element::F16),
    float("bfloat16", "BFloat16Storage", 2, Element::Bf16),
    float("float64", "DoubleStorage", 8, Element::F64),
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

impl ElementType {
    /// Of the storages of a class, whichever device they are for (`torch.cuda.FloatStorage`).
    pub fn of_storage(class: &str) -> Option<&'static ElementType> {
        TYPES.iter().find(|kind| kind.storage == class)
    }

    /// The elements of the type `torch.NAME`.
    pub fn of_dtype(name: &str) -> Element {
        let known = TYPES.iter().find(|kind| kind.dtype == name);
        known.map_or_else(|| Element::Other(name.to_owned().into()), ElementType::element)
    }

    pub fn element(&self) -> Element {
        self.element.clone().unwrap_or(Element::Other(self.dtype.into()))
    }
}
