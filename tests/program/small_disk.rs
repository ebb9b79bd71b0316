//! A disk that is soon full.

#[path = "../common/skipped.rs"]
mod skipped;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A disk at a folder, gone with the value.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// A disk of that size (as `mount` takes it) at a new folder; `None` for a `test` that
    /// is then skipped because only root may mount disks.
    pub fn mount(folder: &Path, size: &str, test: &str) -> Option<SmallDisk> {
        fs::create_dir(folder).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder)
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            skipped::skip(test, "only root may mount a small disk");
        }
        mounted.then(|| SmallDisk(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted", self.0.display());
        }
    }
}
