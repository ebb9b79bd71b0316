//! Choosing a device, and loading CUDA's part of libtorch where there is one.

use tch::{Cuda, Device};

use crate::backend::{DeviceChoice, Error};

/// Opens the device that was asked for.
///
/// # Errors
/// [`Error::NoDevice`] says why it is not there.
pub fn open(choice: DeviceChoice) -> Result<Device, Error> {
    match choice {
        DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Auto if Cuda::is_available() => Ok(Device::Cuda(0)),
        DeviceChoice::Auto if tch::utils::has_mps() => Ok(Device::Mps),
        DeviceChoice::Auto => Ok(Device::Cpu),
        DeviceChoice::Cuda(index) if (index as i64) < Cuda::device_count() => {
            Ok(Device::Cuda(index))
        }
        DeviceChoice::Cuda(index) => Err(Error::NoDevice {
            device: format!("cuda:{index}"),
            reason: format!("{} GPUs found", Cuda::device_count()),
        }),
        DeviceChoice::Mps if tch::utils::has_mps() => Ok(Device::Mps),
        DeviceChoice::Mps => Err(Error::NoDevice {
            device: "mps".into(),
            reason: "this libtorch has no Metal".into(),
        }),
    }
}

/// The device's name as the option takes it.
pub fn name(device: Device) -> String {
    match device {
        Device::Cpu => "cpu".into(),
        Device::Cuda(index) => format!("cuda:{index}"),
        Device::Mps => "mps".into(),
        Device::Vulkan => "vulkan".into(),
    }
}
