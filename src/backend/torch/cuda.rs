//! CUDA's part of libtorch, found and loaded at run time.
//!
//! dreamer links the CPU's part alone, so that the same program runs on machines without a GPU. On
//! a machine with one, `libtorch_cuda.so` of the same version registers itself with the CPU's part
//! as soon as it is loaded. It is looked for beside the `libtorch_cpu.so` in use, in `$LIBTORCH/lib`
//! and in the `torch` package of `python3`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

const LIBRARY: &str = "libtorch_cuda.so";

/// The version that this crate links with.
const VERSION: &str = "2.11.";

/// Loads CUDA's part once; afterwards `tch::Cuda` tells what GPUs there are.
///
/// # Errors
/// Says why there is none, for people.
pub fn load() -> Result<(), String> {
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    LOADED.get_or_init(find_and_load).clone()
}

fn find_and_load() -> Result<(), String> {
    if !has_driver() {
        return Err("no NVIDIA driver is running".into());
    }
    let mut folders: Vec<PathBuf> = in_use().into_iter().collect();
    folders.extend(std::env::var_os("LIBTORCH").map(|libtorch| Path::new(&libtorch).join("lib")));
    let found = folders
        .into_iter()
        .find_map(library_in)
        .or_else(|| of_python().and_then(library_in))
        .ok_or_else(|| {
            format!(
                "this libtorch is the CPU's part alone, and no {LIBRARY} of version {VERSION}x is \
                 in $LIBTORCH/lib or in python3's torch; install torch {VERSION}x with CUDA"
            )
        })?;
    // SAFETY: loading runs the library's initialisers, which register its kernels; it is the same
    // version as the libtorch that is loaded already.
    let library = unsafe { Library::open(Some(&found), RTLD_NOW | RTLD_GLOBAL) }
        .map_err(|error| format!("{} cannot be loaded: {error}", found.display()))?;
    // The registered kernels must stay where they are until the process ends.
    std::mem::forget(library);
    Ok(())
}

fn has_driver() -> bool {
    ["/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg"].iter().any(|path| Path::new(path).exists())
}

fn library_in(folder: PathBuf) -> Option<PathBuf> {
    let library = folder.join(LIBRARY);
    (library.is_file() && version_fits(&folder)).then_some(library)
}

/// Whether the libtorch that a `lib` folder belongs to is of our version; one that does not tell is
/// trusted.
fn version_fits(folder: &Path) -> bool {
    let told = ["../version.py", "../build-version"]
        .iter()
        .find_map(|file| std::fs::read_to_string(folder.join(file)).ok());
    told.is_none_or(|text| text.contains(VERSION))
}

/// The folder of the libtorch that this process has loaded.
fn in_use() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let path = maps.lines().find_map(|line| {
        let path = &line[line.find('/')?..];
        path.ends_with("/libtorch_cpu.so").then_some(path)
    })?;
    Path::new(path).parent().map(Path::to_path_buf)
}

/// The library folder of python3's torch package, found without importing it.
fn of_python() -> Option<PathBuf> {
    const FIND: &str =
        "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])";
    let output = Command::new("python3").args(["-c", FIND]).stderr(Stdio::null()).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| Path::new(path.trim()).join("lib"))
}
