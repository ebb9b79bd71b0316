//! Choosing a device.

use tch::{Cuda, Device};

use super::cuda;
use crate::backend::{DeviceChoice, Error};

/// Opens the device that was asked for; `auto` is CUDA, then Metal, then the CPU.
///
/// # Errors
/// [`Error::NoDevice`] says why it is not there.
pub fn open(choice: DeviceChoice) -> Result<Device, Error> {
    let missing = |reason: String| Error::NoDevice { device: choice.to_string(), reason };
    match choice {
        DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Auto if cuda::load().is_ok() && Cuda::is_available() => Ok(Device::Cuda(0)),
        DeviceChoice::Auto if tch::utils::has_mps() => Ok(Device::Mps),
        DeviceChoice::Auto => Ok(Device::Cpu),
        DeviceChoice::Cuda(index) => {
            cuda::load().map_err(missing)?;
            match Cuda::device_count() {
                count if i64::try_from(index).is_ok_and(|index| index < count) => {
                    Ok(Device::Cuda(index))
                }
                0 => Err(missing("the driver shows no GPU that this libtorch can use".into())),
                1 => Err(missing("there is one GPU, cuda:0".into())),
                count => {
                    Err(missing(format!("there are {count} GPUs, cuda:0 to cuda:{}", count - 1)))
                }
            }
        }
        DeviceChoice::Mps if tch::utils::has_mps() => Ok(Device::Mps),
        DeviceChoice::Mps => Err(missing("this libtorch has no Metal".into())),
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
