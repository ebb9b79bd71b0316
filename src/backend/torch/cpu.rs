//! Our own kernels for tensors in the CPU's memory, where libtorch's do more than a dream needs.

pub mod parallel;
pub mod phases;
pub mod pixels;
pub mod pool;

use tch::{Device, Kind, Tensor};

/// The values of a dense float32 tensor on the CPU, in the order of its memory.
///
/// # Panics
/// If the tensor is on another device, of another kind or not dense.
pub fn values(tensor: &Tensor) -> &[f32] {
    check(tensor);
    // SAFETY: the tensor is a dense float32 array of `numel` values on the CPU, and lives as long
    // as the borrow.
    unsafe { std::slice::from_raw_parts(tensor.data_ptr().cast(), tensor.numel()) }
}

/// The values of a tensor that nothing else refers to.
///
/// # Panics
/// If the tensor is on another device, of another kind or not dense.
pub fn values_mut(tensor: &mut Tensor) -> &mut [f32] {
    check(tensor);
    // SAFETY: as for `values`; the caller's exclusive borrow is of the one tensor made for this
    // storage.
    unsafe { std::slice::from_raw_parts_mut(tensor.data_ptr().cast(), tensor.numel()) }
}

fn check(tensor: &Tensor) {
    assert_eq!(tensor.device(), Device::Cpu, "the tensor is not in the CPU's memory");
    assert_eq!(tensor.kind(), Kind::Float, "the tensor is not of float32");
    let dense = tensor.is_contiguous()
        || tensor.f_permute([0, 2, 3, 1]).is_ok_and(|turned| turned.is_contiguous());
    assert!(dense, "the tensor has gaps");
}
