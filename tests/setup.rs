//! How `scripts/libtorch.py` finds, fetches and checks libtorch: with tiny libraries and a stand-in
//! for pip, so that nothing is downloaded.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const HEADER: &str = "include/torch/csrc/api/include/torch/torch.h";

/// A folder with a Python that has a fake pip, and room for libtorchs.
struct Machine {
    home: TempDir,
    python: PathBuf,
}

impl Machine {
    fn new() -> Self {
        let home = TempDir::new().unwrap();
        let found = Command::new("python3")
            .args(["-c", "import sys; print(sys.executable)"])
            .output()
            .expect("python3 runs");
        let python = PathBuf::from(String::from_utf8(found.stdout).unwrap().trim());
        let machine = Self { home, python };

        // An empty C file makes a library that loads.
        fs::write(machine.path("empty.c"), "").unwrap();
        let compiled = Command::new("cc")
            .args(["-shared", "-o"])
            .args([machine.path("library"), machine.path("empty.c")])
            .status()
            .expect("cc runs");
        assert!(compiled.success());

        fs::create_dir_all(machine.path("modules/pip")).unwrap();
        fs::write(machine.path("modules/pip/__init__.py"), "").unwrap();
        fs::write(machine.path("modules/pip/__main__.py"), include_str!("setup/fake_pip.py"))
            .unwrap();
        // Hides a torch that the real Python may have.
        machine.libtorch("modules/torch", "1.0");
        fs::write(machine.path("modules/torch/__init__.py"), "").unwrap();
        fs::create_dir(machine.path("bin")).unwrap();
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The folder that the script fills.
    fn place(&self) -> PathBuf {
        self.path("into")
    }

    /// Makes a folder that has all a libtorch of a version should.
    fn libtorch(&self, name: &str, version: &str) -> PathBuf {
        let folder = self.path(name);
        let suffix = std::env::consts::DLL_EXTENSION;
        fs::create_dir_all(folder.join("lib")).unwrap();
        fs::create_dir_all(folder.join(HEADER).parent().unwrap()).unwrap();
        fs::write(folder.join(HEADER), "").unwrap();
        for library in ["torch_cpu", "c10"] {
            let place = folder.join(format!("lib/lib{library}.{suffix}"));
            fs::copy(self.path("library"), place).unwrap();
        }
        fs::write(folder.join("build-version"), version).unwrap();
        folder
    }

    /// The script, to be run with `FAKE_PIP` set to `pip`.
    fn script(&self, pip: &str) -> Command {
        let mut command = Command::new(&self.python);
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/libtorch.py"))
            .arg("--into")
            .arg(self.place())
            .env_remove("LIBTORCH")
            .env("PATH", self.path("bin"))
            .env("PYTHONPATH", self.path("modules"))
            .env("PIP_NO_INDEX", "1")
            .env("FAKE_HOME", self.home.path())
            .env("FAKE_PIP", pip);
        command
    }

    fn run(&self, pip: &str) -> Ran {
        Ran::of(self.script(pip).output().unwrap())
    }

    fn run_with_libtorch(&self, libtorch: &Path) -> Ran {
        let output = self.script("").env("LIBTORCH", libtorch).output();
        Ran::of(output.unwrap())
    }

    /// How often pip was asked to download a package.
    fn downloads(&self, package: &str) -> usize {
        fs::read_to_string(self.path("downloads"))
            .unwrap_or_default()
            .lines()
            .filter(|line| line.starts_with(&format!("{package}==")))
            .count()
    }
}

/// What a run of the script said.
struct Ran {
    ok: bool,
    path: PathBuf,
    words: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            ok: output.status.success(),
            path: PathBuf::from(String::from_utf8(output.stdout).unwrap().trim_end()),
            words: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn succeeded_with(&self, path: &Path) {
        assert!(self.ok, "{}", self.words);
        assert_eq!(self.path, path);
    }

    /// It failed, with no Python traceback, and said this.
    fn failed_saying(&self, words: &str) {
        assert!(!self.ok);
        assert!(self.words.contains(words), "{}", self.words);
        assert!(!self.words.contains("Traceback"), "{}", self.words);
    }
}

fn wait_for(path: &Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < Duration::from_secs(20), "{} never came", path.display());
        sleep(Duration::from_millis(10));
    }
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn uses_the_folder_named_by_libtorch() {
    let machine = Machine::new();
    let mine = machine.libtorch("mine", "2.11.0+cpu\n");
    machine.run_with_libtorch(&mine).succeeded_with(&mine);
    assert!(!machine.place().exists());
}

#[test]
fn refuses_a_libtorch_folder_in_one_line() {
    let machine = Machine::new();
    let old = machine.libtorch("old", "2.5.1\n");
    let bare = machine.libtorch("bare", "2.11.0\n");
    fs::remove_file(bare.join(HEADER)).unwrap();
    let broken = machine.libtorch("broken", "2.11.0\n");
    let library = format!("lib/libc10.{}", std::env::consts::DLL_EXTENSION);
    fs::write(broken.join(&library), "text").unwrap();

    for (folder, words) in [
        (old, "it is version 2.5.1, and 2.11.0 is needed"),
        (bare, HEADER),
        (broken, library.as_str()),
        (machine.path("nowhere"), "there is no such folder"),
        (PathBuf::from("here"), "not an absolute path"),
    ] {
        let ran = machine.run_with_libtorch(&folder);
        ran.failed_saying(words);
        ran.failed_saying("LIBTORCH=");
        assert_eq!(ran.words.lines().count(), 1, "{}", ran.words);
    }
}

#[test]
fn links_to_the_torch_that_python_can_import() {
    let machine = Machine::new();
    let torch = machine.libtorch("modules/torch", "2.11.0+cu130");
    machine.run("absent").succeeded_with(&machine.place());
    assert_eq!(fs::read_link(machine.place().join("lib")).unwrap(), torch.join("lib"));

    // Once that torch is gone, the links alone are not believed.
    fs::remove_dir_all(torch).unwrap();
    machine.run("absent").failed_saying("there is no pip");
}

#[test]
fn takes_the_processor_part_of_the_wheel() {
    let machine = Machine::new();
    let ran = machine.run("");
    ran.succeeded_with(&machine.place());
    assert!(ran.words.contains("it is version 1.0"), "{}", ran.words);

    let lib = machine.place().join("lib");
    assert!(!lib.join("libtorch_cuda.so").exists());
    if cfg!(target_os = "linux") {
        let script = fs::read_to_string(lib.join("libtorch.so")).unwrap();
        assert!(script.contains("-ltorch_cpu"));
        assert!(lib.join("libcudart.so.13").exists());
        assert!(lib.join("libcupti.so.13").exists());
    }
    assert!(!machine.place().join("work").exists());
}

#[test]
fn a_second_run_does_nothing() {
    let machine = Machine::new();
    machine.run("").succeeded_with(&machine.place());
    machine.run("absent").succeeded_with(&machine.place());
    assert_eq!(machine.downloads("torch"), 1);
}

#[test]
fn says_what_to_do_without_a_network() {
    let machine = Machine::new();
    machine.run("offline").failed_saying("Check the network");
    machine.run("").succeeded_with(&machine.place());
}

#[test]
fn a_damaged_wheel_is_thrown_away() {
    let machine = Machine::new();
    machine.run("damaged").failed_saying("does not match its checksum");
    machine.run("").succeeded_with(&machine.place());
}

#[test]
fn a_run_killed_in_the_download_is_taken_up_again() {
    let machine = Machine::new();
    let child = machine.script("slow").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&machine.place().join("work/pip-download/half.whl"));
    kill(child);
    machine.run("").succeeded_with(&machine.place());
    assert_eq!(machine.downloads("torch"), 2);
}

#[test]
fn a_folder_without_its_last_file_is_filled_anew() {
    let machine = Machine::new();
    machine.run("").succeeded_with(&machine.place());
    fs::remove_file(machine.place().join("build-version")).unwrap();
    machine.run("").succeeded_with(&machine.place());
    assert_eq!(machine.downloads("torch"), 2);
}

#[test]
fn two_runs_at_once_download_once() {
    let machine = Machine::new();
    let first = machine.script("slow").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&machine.place().join("work/pip-download/half.whl"));
    let second = machine.run("slow");
    second.succeeded_with(&machine.place());
    assert!(second.words.contains("waiting"), "{}", second.words);
    assert!(first.wait_with_output().unwrap().status.success());
    assert_eq!(machine.downloads("torch"), 1);
}

#[test]
fn a_link_in_the_place_of_the_folder_is_followed() {
    let machine = Machine::new();
    let elsewhere = machine.libtorch("elsewhere", "2.11.0");
    symlink(elsewhere, machine.place()).unwrap();
    machine.run("absent").succeeded_with(&machine.place());
}
