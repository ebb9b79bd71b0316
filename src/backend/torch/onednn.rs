//! Convolutions fused with what follows them, through libtorch's C interface for compiled models.
//!
//! libtorch's eager `conv2d` writes its output, and a separate pass applies the ReLU or adds a
//! second gradient. oneDNN does both on the way out of its registers; libtorch reaches that with
//! the operators of `torch/csrc/inductor/aoti_torch/c/shim_cpu.h`, which have C linkage. They are
//! looked up at run time: a libtorch without oneDNN simply lacks them.

use std::ffi::{CStr, c_char, c_void};
use std::sync::OnceLock;

use libloading::os::unix::Library;
use tch::{TchError, Tensor};

use super::epilogue::Epilogue;

type Handle = *mut c_void;

type Pointwise = unsafe extern "C" fn(
    input: Handle,
    weight: Handle,
    bias: *const Handle,
    padding: *const i64,
    padding_length: i64,
    stride: *const i64,
    stride_length: i64,
    dilation: *const i64,
    dilation_length: i64,
    groups: i64,
    attribute: *const c_char,
    scalars: *const *const f64,
    scalars_length: i64,
    algorithm: *const *const c_char,
    result: *mut Handle,
) -> i32;

type PointwiseBinary = unsafe extern "C" fn(
    other: Handle,
    input: Handle,
    weight: Handle,
    bias: *const Handle,
    padding: *const i64,
    padding_length: i64,
    stride: *const i64,
    stride_length: i64,
    dilation: *const i64,
    dilation_length: i64,
    groups: i64,
    binary_attribute: *const c_char,
    alpha: *const f64,
    unary_attribute: *const *const c_char,
    unary_scalars: *const *const f64,
    unary_scalars_length: i64,
    unary_algorithm: *const *const c_char,
    result: *mut Handle,
) -> i32;

/// The fused operators of the libtorch that this process has loaded.
pub struct OneDnn {
    pointwise: Pointwise,
    accumulate: PointwiseBinary,
}

/// Stride, padding and groups of a convolution (dilation is 1 throughout the zoo).
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    pub stride: [i64; 2],
    pub padding: [i64; 2],
    pub groups: i64,
}

const NO_DILATION: [i64; 2] = [1, 1];

impl OneDnn {
    /// The operators, or `None` where this libtorch has none.
    pub fn get() -> Option<&'static OneDnn> {
        static ONEDNN: OnceLock<Option<OneDnn>> = OnceLock::new();
        ONEDNN.get_or_init(OneDnn::load).as_ref()
    }

    fn load() -> Option<OneDnn> {
        let process = Library::this();
        // SAFETY: the types are those of libtorch 2.11's shim_cpu.h, the one version that this
        // crate links with.
        unsafe {
            Some(OneDnn {
                pointwise: *process.get(b"aoti_torch_cpu_mkldnn__convolution_pointwise\0").ok()?,
                accumulate: *process
                    .get(b"aoti_torch_cpu_mkldnn__convolution_pointwise_binary_\0")
                    .ok()?,
            })
        }
    }

    /// `epilogue(input ∗ weight + bias)`, in channels-last memory as the input is.
    pub fn convolution(
        &self,
        input: &Tensor,
        weight: &Tensor,
        bias: Option<&Tensor>,
        geometry: &Geometry,
        epilogue: Epilogue,
    ) -> Result<Tensor, TchError> {
        const LOWER: f64 = 0.0;
        const UPPER: f64 = 6.0;
        let bias = bias.map(handle);
        let bounds: [*const f64; 2] = [&LOWER, &UPPER];
        type Fused<'a> = (&'a CStr, &'a [*const f64], Epilogue);
        let (attribute, scalars, rest): Fused = match epilogue {
            Epilogue::None => (c"none", &[], Epilogue::None),
            Epilogue::Relu => (c"relu", &[], Epilogue::None),
            Epilogue::Relu6 => (c"hardtanh", &bounds, Epilogue::None),
            Epilogue::Squash(_) => (c"none", &[], epilogue),
        };
        let algorithm: *const c_char = c"".as_ptr();
        let mut result: Handle = std::ptr::null_mut();
        // SAFETY: the handles are live tensors, the lists outlive the call, and an optional
        // argument is a pointer to its value or null.
        let status = unsafe {
            (self.pointwise)(
                handle(input),
                handle(weight),
                bias.as_ref().map_or(std::ptr::null(), std::ptr::from_ref),
                geometry.padding.as_ptr(),
                2,
                geometry.stride.as_ptr(),
                2,
                NO_DILATION.as_ptr(),
                2,
                geometry.groups,
                attribute.as_ptr(),
                scalars.as_ptr(),
                scalars.len() as i64,
                &algorithm,
                &mut result,
            )
        };
        rest.apply(adopt(status, result, "mkldnn::_convolution_pointwise")?)
    }

    /// `sum += input ∗ weight`; `sum` is dense and in channels-last memory.
    pub fn accumulate(
        &self,
        sum: &Tensor,
        input: &Tensor,
        weight: &Tensor,
        geometry: &Geometry,
    ) -> Result<(), TchError> {
        let alpha = 1.0;
        let algorithm: *const c_char = c"".as_ptr();
        let mut result: Handle = std::ptr::null_mut();
        // SAFETY: as for `convolution`.
        let status = unsafe {
            (self.accumulate)(
                handle(sum),
                handle(input),
                handle(weight),
                std::ptr::null(),
                geometry.padding.as_ptr(),
                2,
                geometry.stride.as_ptr(),
                2,
                NO_DILATION.as_ptr(),
                2,
                geometry.groups,
                c"add".as_ptr(),
                &alpha,
                std::ptr::null(),
                std::ptr::null(),
                0,
                &algorithm,
                &mut result,
            )
        };
        adopt(status, result, "mkldnn::_convolution_pointwise_").map(drop)
    }
}

fn handle(tensor: &Tensor) -> Handle {
    tensor.as_ptr() as Handle
}

/// Takes ownership of a new tensor that an operator returned.
fn adopt(status: i32, result: Handle, operator: &str) -> Result<Tensor, TchError> {
    if status != 0 || result.is_null() {
        return Err(TchError::Torch(format!("{operator} failed")));
    }
    // SAFETY: the operator succeeded and gave a new `at::Tensor` on the heap, which is what a
    // `tch::Tensor` owns.
    Ok(unsafe { Tensor::from_ptr(result.cast()) })
}
