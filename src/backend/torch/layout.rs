//! Shapes and memory layout, as libtorch takes them.

use tch::{Device, Kind, TchError, Tensor};

use crate::network::Extent;

/// An uninitialised float32 tensor on the CPU in channels-last memory.
pub fn empty_channels_last([batch, channels, height, width]: [i64; 4]) -> Result<Tensor, TchError> {
    Tensor::f_empty([batch, height, width, channels], (Kind::Float, Device::Cpu))?
        .f_permute([0, 3, 1, 2])
}

/// The same values in dense channels-last memory; the tensor itself where it is so already.
pub fn channels_last(tensor: &Tensor) -> Result<Tensor, TchError> {
    tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])
}

/// A tensor of which only the shape and the memory format are told; its values are not set.
pub fn shape_only(size: &[i64], device: Device) -> Result<Tensor, TchError> {
    Tensor::f_empty([size[0], size[2], size[3], size[1]], (Kind::Float, device))?
        .f_permute([0, 3, 1, 2])
}

/// A tensor of that shape on the device.
pub fn upload(values: &[f32], shape: &[usize], device: Device) -> Result<Tensor, TchError> {
    let shape: Vec<i64> = shape.iter().map(|size| *size as i64).collect();
    Tensor::f_from_slice(values)?.f_view(shape.as_slice())?.f_to_device(device)
}

/// An extent as libtorch takes it.
pub fn signed(extent: Extent) -> [i64; 2] {
    extent.map(|size| size as i64)
}
