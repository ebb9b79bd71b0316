//! How the threads and devices are shared among photographs.

use super::super::arguments::{BackendChoice, DreamArguments};
use super::super::dream::choice::Choice;
use super::super::dream::executor::Executor;
use super::super::dream::sharing::Sharing;
use super::super::exit::Exit;
use dreamer::backend::DeviceChoice;
use dreamer::dream::Size;
use dreamer::memory::Budget;

/// Photographs that are read or written while others are dreamed, at most.
const MOST_BESIDE: usize = 4;

/// Lanes, in each of which one photograph is dreamed at a time.
pub struct Plan {
    pub backend: &'static str,
    /// What a lane computes with.
    pub choice: BackendChoice,
    /// Lanes that dream side by side.
    pub narrow: Vec<LanePlan>,
    /// The lane that dreams while all others wait, where there is one.
    pub wide: Option<LanePlan>,
    /// Bytes of the machine's memory that a step takes for each pixel, where it computes there.
    pub bytes_per_pixel: Option<usize>,
    pub budget: Budget,
}

/// What a lane computes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LanePlan {
    pub device: DeviceChoice,
    pub threads: usize,
}

impl Plan {
    /// For the devices and threads of the command line, and so many photographs.
    ///
    /// # Errors
    /// [`Exit`] where a device is not there.
    pub fn new(
        arguments: &DreamArguments,
        choice: &Choice,
        photographs: usize,
    ) -> Result<Plan, Exit> {
        let devices = arguments.dream.device.devices();
        let opened = devices
            .iter()
            .map(|device| Executor::on(*device, arguments.dream.threads, arguments.dream.backend))
            .collect::<Result<Vec<_>, Exit>>()?;
        let on_cpu = |executor: &Executor| executor.bytes_per_pixel(choice);
        let threads = opened[0].threads();
        let (narrow, wide) = lanes(
            devices,
            &opened.iter().map(|executor| executor.device() == "cpu").collect::<Vec<_>>(),
            threads,
            photographs,
        );
        Ok(Plan {
            backend: opened[0].name(),
            choice: arguments.dream.backend,
            narrow,
            wide,
            bytes_per_pixel: opened.iter().find_map(on_cpu),
            budget: Budget::new(),
        })
    }

    /// Whether a picture has a lane of all threads to itself.
    pub fn is_wide(&self, size: Size) -> bool {
        let sharing = Sharing { lanes: self.narrow.len(), threads: self.narrow[0].threads };
        self.wide.is_some() && !sharing.side_by_side(size, self.bytes_per_pixel, &self.budget)
    }

    /// Threads that read, write and wait for a lane.
    pub fn workers(&self) -> usize {
        self.narrow.len() + self.narrow.len().min(MOST_BESIDE)
    }
}

/// The lanes for devices, of which some are the CPU: one for each device or, for the CPU alone, some
/// that share its threads and one for all of them.
fn lanes(
    devices: &[DeviceChoice],
    is_cpu: &[bool],
    threads: usize,
    photographs: usize,
) -> (Vec<LanePlan>, Option<LanePlan>) {
    if let ([device], [true]) = (devices, is_cpu) {
        let wide = LanePlan { device: *device, threads };
        let sharing = Sharing::new(threads, photographs);
        let narrow = vec![LanePlan { threads: sharing.threads, ..wide }; sharing.lanes];
        return (narrow, (sharing.lanes > 1).then_some(wide));
    }
    let cpus = is_cpu.iter().filter(|is_cpu| **is_cpu).count();
    let share = |is_cpu: &bool| if *is_cpu { (threads / cpus).max(1) } else { 1 };
    let lane = |(device, is_cpu): (&DeviceChoice, &bool)| LanePlan {
        device: *device,
        threads: share(is_cpu),
    };
    (devices.iter().zip(is_cpu).map(lane).collect(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_alone_has_lanes_that_share_its_threads_and_one_for_all() {
        let (narrow, wide) = lanes(&[DeviceChoice::Auto], &[true], 4, 100);
        assert_eq!(narrow, [LanePlan { device: DeviceChoice::Auto, threads: 1 }; 4]);
        assert_eq!(wide, Some(LanePlan { device: DeviceChoice::Auto, threads: 4 }));
        assert_eq!(lanes(&[DeviceChoice::Cpu], &[true], 1, 100).1, None);
        let whole = LanePlan { device: DeviceChoice::Cpu, threads: 8 };
        assert_eq!(lanes(&[DeviceChoice::Cpu], &[true], 8, 1), (vec![whole], None));
    }

    #[test]
    fn devices_have_a_lane_each_and_the_cpus_share_the_threads() {
        let gpus = [DeviceChoice::Cuda(0), DeviceChoice::Cuda(1)];
        let (narrow, wide) = lanes(&gpus, &[false, false], 8, 100);
        assert_eq!(narrow, gpus.map(|device| LanePlan { device, threads: 1 }));
        assert_eq!(wide, None);
        let (narrow, _) = lanes(&[DeviceChoice::Cpu; 2], &[true, true], 5, 100);
        assert_eq!(narrow, [LanePlan { device: DeviceChoice::Cpu, threads: 2 }; 2]);
    }
}
