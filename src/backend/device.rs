//! The devices that can be asked for, whatever the executor.

use std::str::FromStr;

/// One device that the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The best that is there: CUDA, then Metal, then the CPU.
    Auto,
    /// The processor.
    Cpu,
    /// The CUDA GPU of that number, from 0.
    Cuda(usize),
    /// Apple's GPU, through Metal.
    Mps,
}

impl std::fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            DeviceChoice::Auto => f.write_str("auto"),
            DeviceChoice::Cpu => f.write_str("cpu"),
            DeviceChoice::Cuda(index) => write!(f, "cuda:{index}"),
            DeviceChoice::Mps => f.write_str("mps"),
        }
    }
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

/// Devices that share the work, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceList(Vec<DeviceChoice>);

impl DeviceList {
    /// In the order in which they were written.
    pub fn devices(&self) -> &[DeviceChoice] {
        &self.0
    }
}

impl std::fmt::Display for DeviceList {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let names: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for DeviceList {
    type Err = String;

    fn from_str(text: &str) -> Result<DeviceList, String> {
        text.split(',').map(|name| name.trim().parse()).collect::<Result<_, _>>().map(DeviceList)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuda_without_a_number_is_the_first_gpu() {
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        assert_eq!("cuda:3".parse(), Ok(DeviceChoice::Cuda(3)));
    }

    #[test]
    fn an_unknown_device_is_told_what_to_write() {
        let error = "gpu".parse::<DeviceChoice>().expect_err("there is no such device");
        assert!(error.contains("cuda:N"), "{error}");
    }

    #[test]
    fn devices_are_listed_with_commas() {
        let list: DeviceList = "cuda:0, cuda:1".parse().expect("they are devices");
        assert_eq!(list.devices(), [DeviceChoice::Cuda(0), DeviceChoice::Cuda(1)]);
        assert_eq!(list.to_string(), "cuda:0,cuda:1");
        assert!("cuda:0,".parse::<DeviceList>().is_err());
    }
}
