//! Tensors in a pickle: the functions with which PyTorch rebuilds them, interpreted.

use std::collections::BTreeMap;

use super::super::pickle::{Call, Object, Pickle, Value};
use super::super::tensor_view::{ByteOrder, DType, Data, MOST_AXES, TensorView, TensorViewError};
use super::dtype::TorchDType;

/// The most nested functions: a parameter of a tensor subclass has three.
const MOST_WRAPPERS: usize = 8;

/// The bytes of a file's storages by key.
#[derive(Debug, Default)]
pub struct Storages<'a> {
    pub by_key: BTreeMap<String, Data<'a>>,
    pub order: ByteOrder,
}

/// Why a tensor of a pickle cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TensorError {
    #[error("its storage {0} is not in the file; the file is truncated or damaged")]
    NoStorage(String),
    #[error(
        "its storage {key} has {found} bytes instead of {expected}; the file is truncated or damaged"
    )]
    Short { key: String, expected: usize, found: usize },
    #[error("{0}")]
    TensorView(#[from] TensorViewError),
    #[error(
        "its description is not one of PyTorch's; the file is damaged, or too new for this version"
    )]
    Arguments,
    #[error("its size, stride or offset is {0}; the file is damaged")]
    Negative(i64),
    #[error("its storage has the unknown type {0}")]
    Type(String),
}

/// A storage as named by a pickle.
pub struct Storage<'p> {
    pub kind: &'static TorchDType,
    pub key: &'p str,
    /// Number of elements.
    pub length: usize,
    /// Where it starts within a larger storage, in elements.
    offset: usize,
}

impl<'p> Storage<'p> {
    /// The storage that a persistent name refers to, if it is one: `("storage", class, key, device,
    /// length)`, with a sixth element before 1.6, which is a part of another storage or nothing.
    pub fn of(pickle: &'p Pickle<'p>, name: Value<'p>) -> Option<Result<Storage<'p>, TensorError>> {
        match pickle.sequence(name)? {
            [Value::Text("storage"), class, Value::Text(key), _, length, rest @ ..] => {
                Some(Storage::described(pickle, *class, key, *length, rest))
            }
            _ => None,
        }
    }

    fn described(
        pickle: &'p Pickle<'p>,
        class: Value<'p>,
        key: &'p str,
        length: Value<'p>,
        rest: &[Value<'p>],
    ) -> Result<Storage<'p>, TensorError> {
        let (_, class) = pickle.global(class).ok_or(TensorError::Arguments)?;
        let kind =
            TorchDType::of_storage(class).ok_or_else(|| TensorError::Type(class.to_owned()))?;
        let part = rest.first().and_then(|part| pickle.sequence(*part));
        let offset = match part {
            Some([_, offset, _]) => number(*offset)?,
            _ => 0,
        };
        Ok(Storage { kind, key, length: number(length)?, offset })
    }
}

/// One step of rebuilding a tensor.
enum Step<'p, 'a> {
    Tensor(TensorView<'a>),
    /// The tensor that another value stands for.
    Value(Value<'p>),
    /// The result of calling another function.
    Call(Value<'p>, Value<'p>),
}

type Rebuild = for<'p, 'a> fn(&Tensors<'p, 'a>, &[Value<'p>]) -> Result<Step<'p, 'a>, TensorError>;

/// The only functions that make tensors.
const FUNCTIONS: &[(&str, &str, Rebuild)] = &[
    ("torch._utils", "_rebuild_tensor", |tensors, arguments| tensors.view(arguments)),
    ("torch._utils", "_rebuild_tensor_v2", |tensors, arguments| tensors.view(arguments)),
    ("torch._utils", "_rebuild_tensor_v3", |tensors, arguments| tensors.view_of_dtype(arguments)),
    ("torch._utils", "_rebuild_qtensor", |tensors, arguments| tensors.view(arguments)),
    ("torch._utils", "_rebuild_parameter", |tensors, arguments| tensors.wrapped(arguments)),
    ("torch._utils", "_rebuild_parameter_with_state", |tensors, arguments| {
        tensors.wrapped(arguments)
    }),
    ("torch.nn.parameter", "Parameter", |tensors, arguments| tensors.wrapped(arguments)),
    ("torch._tensor", "_rebuild_from_type", |tensors, arguments| tensors.of_class(arguments)),
    ("torch._tensor", "_rebuild_from_type_v2", |tensors, arguments| tensors.of_class(arguments)),
];

/// The tensors of a pickle.
pub struct Tensors<'p, 'a> {
    pub pickle: &'p Pickle<'p>,
    pub storages: &'p Storages<'a>,
}

impl<'p, 'a> Tensors<'p, 'a> {
    /// Whether a value is a tensor.
    pub fn is_tensor(&self, value: Value<'p>) -> bool {
        self.pickle.call(value).is_some_and(|call| self.function(call.function).is_some())
    }

    /// The tensor that a value describes; `None` if it is not a tensor.
    pub fn tensor(&self, value: Value<'p>) -> Option<Result<TensorView<'a>, TensorError>> {
        let call = self.pickle.call(value)?;
        let rebuild = self.function(call.function)?;
        Some(self.rebuild(rebuild, call.arguments))
    }

    fn rebuild(
        &self,
        mut rebuild: Rebuild,
        mut arguments: Value<'p>,
    ) -> Result<TensorView<'a>, TensorError> {
        for _ in 0..MOST_WRAPPERS {
            let values = self.pickle.sequence(arguments).ok_or(TensorError::Arguments)?;
            let (function, inner) = match rebuild(self, values)? {
                Step::Tensor(view) => return Ok(view),
                Step::Call(function, arguments) => (function, arguments),
                Step::Value(value) => {
                    let call = self.pickle.call(value).ok_or(TensorError::Arguments)?;
                    (call.function, call.arguments)
                }
            };
            rebuild = self.function(function).ok_or(TensorError::Arguments)?;
            arguments = inner;
        }
        Err(TensorError::Arguments)
    }

    fn function(&self, function: Value<'p>) -> Option<Rebuild> {
        let (module, name) = self.pickle.global(function)?;
        let mut functions = FUNCTIONS.iter();
        functions.find(|known| (known.0, known.1) == (module, name)).map(|known| known.2)
    }

    /// `(storage, offset, shape, strides, …)`.
    fn view(&self, arguments: &[Value<'p>]) -> Result<Step<'p, 'a>, TensorError> {
        let storage = self.storage(arguments)?;
        let dtype = storage.kind.dtype();
        self.view_of(storage, dtype, arguments)
    }

    /// `(storage, offset, shape, strides, requires_grad, hooks, dtype, …)`.
    fn view_of_dtype(&self, arguments: &[Value<'p>]) -> Result<Step<'p, 'a>, TensorError> {
        let dtype = arguments.get(6).and_then(|dtype| self.pickle.global(*dtype));
        let (_, dtype) = dtype.ok_or(TensorError::Arguments)?;
        self.view_of(self.storage(arguments)?, TorchDType::of_dtype(dtype), arguments)
    }

    fn view_of(
        &self,
        storage: Storage<'p>,
        dtype: DType,
        arguments: &[Value<'p>],
    ) -> Result<Step<'p, 'a>, TensorError> {
        let [_, offset, shape, strides, ..] = arguments else {
            return Err(TensorError::Arguments);
        };
        let data = self.storages.by_key.get(storage.key);
        let data = data.ok_or_else(|| TensorError::NoStorage(storage.key.to_owned()))?;
        let expected = storage
            .length
            .checked_add(storage.offset)
            .and_then(|length| length.checked_mul(storage.kind.size))
            .unwrap_or(usize::MAX);
        if data.size() < expected {
            let key = storage.key.to_owned();
            return Err(TensorError::Short { key, expected, found: data.size() });
        }
        let offset = number(*offset)?.checked_add(storage.offset).ok_or(TensorError::Arguments)?;
        let [shape, strides] = [self.numbers(*shape)?, self.numbers(*strides)?];
        let view = TensorView::view(dtype, shape, strides, offset, data.clone())?;
        Ok(Step::Tensor(view.byte_order(self.storages.order)))
    }

    fn storage(&self, arguments: &[Value<'p>]) -> Result<Storage<'p>, TensorError> {
        let storage = arguments.first().and_then(|storage| self.pickle.object(*storage));
        match storage {
            Some(Object::Persistent(name)) => {
                Storage::of(self.pickle, *name).ok_or(TensorError::Arguments)?
            }
            _ => Err(TensorError::Arguments),
        }
    }

    /// The first argument is the tensor.
    fn wrapped(&self, arguments: &[Value<'p>]) -> Result<Step<'p, 'a>, TensorError> {
        arguments.first().map(|value| Step::Value(*value)).ok_or(TensorError::Arguments)
    }

    /// `(function, class, arguments, state)`: calling the function makes the tensor.
    fn of_class(&self, arguments: &[Value<'p>]) -> Result<Step<'p, 'a>, TensorError> {
        match arguments {
            [function, _, arguments, ..] => Ok(Step::Call(*function, *arguments)),
            _ => Err(TensorError::Arguments),
        }
    }

    fn numbers(&self, values: Value<'p>) -> Result<Vec<usize>, TensorError> {
        // A torch.Size is a class with a tuple as its argument.
        let values = match self.pickle.call(values) {
            Some(Call { arguments, .. }) => match self.pickle.sequence(*arguments) {
                Some([values]) => *values,
                _ => return Err(TensorError::Arguments),
            },
            None => values,
        };
        let values = self.pickle.sequence(values).ok_or(TensorError::Arguments)?;
        if values.len() > MOST_AXES {
            return Err(TensorViewError::Axes(values.len()).into());
        }
        values.iter().map(|value| number(*value)).collect()
    }
}

/// A size, stride or offset, none of which is negative.
fn number(value: Value) -> Result<usize, TensorError> {
    match value {
        Value::Int(number) => usize::try_from(number).map_err(|_| TensorError::Negative(number)),
        _ => Err(TensorError::Arguments),
    }
}
