//! Choosing a device, and loading CUDA's part of libtorch where there is one.

use std::str::FromStr;

use tch::{Cuda, Device};

use crate::backend::Error;

/// What the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The best that is there: CUDA, then Metal, then the CPU.
    Auto,
    Cpu,
    Cuda(usize),
    Mps,
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<DeviceChoice, String> {
        let unknown = || format!("{text:?} is no device; write auto, cpu, cuda, cuda:N or mps");
        match text {
            "auto" => Ok(DeviceChoice::Auto),
            "cpu" => Ok(DeviceChoice::Cpu),
            "cuda" => Ok(DeviceChoice::Cuda(0)),
            "mps" => Ok(DeviceChoice::Mps),
            _ => {
                let index = text.strip_prefix("cuda:").ok_or_else(unknown)?;
                index.parse().map(DeviceChoice::Cuda).map_err(|_| unknown())
            }
        }
    }
}

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
