#!/usr/bin/env python3
"""Puts libtorch 2.11.0 where cargo looks for it: the folder .libtorch of this project.

    scripts/libtorch.py [--into FOLDER]

The first of these that is there is used:
  1. the folder named by LIBTORCH (used as it is, nothing is made);
  2. a Python torch 2.11.0 that this python3 can import (.libtorch links to it, so that its GPU
     support comes along);
  3. the processor part of the torch 2.11.0 wheel, which pip downloads (530 MB; 520 MB unpacked).

The folder's path goes to standard output, all else to standard error. A second run finds the work
done. A run that was stopped anywhere is taken up by the next one: every step is made under another
name and renamed when whole, and the file build-version, which alone says that the folder is good,
comes last. Delete .libtorch to choose anew.
"""

import argparse
import base64
import csv
import errno
import fcntl
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

VERSION = "2.11.0"
PROJECT = Path(__file__).resolve().parent.parent
HEADER = "include/torch/csrc/api/include/torch/torch.h"
MAC = platform.system() == "Darwin"
SUFFIX = "dylib" if MAC else "so"
CORE = [f"lib/libtorch_cpu.{SUFFIX}", f"lib/libc10.{SUFFIX}"]

# What the Linux wheel's libtorch_cpu.so wants beside it, in the versions that wheel was built with.
CUDA_LIBRARIES = {"nvidia-cuda-runtime": "13.0.96", "nvidia-cuda-cupti": "13.0.85"}
CUDA_FILES = re.compile(r"nvidia/cu13/lib/lib(cudart|cupti)\.so\.13")
# The wheel's libraries that serve its GPU or Python side alone. On Linux libtorch.so goes with
# them, because it asks for the GPU ones, and a linker script takes its place.
LEFT_OUT = re.compile(
    r"lib(torch_cuda\w*|c10_cuda|caffe2_nvrtc|torch_nvshmem|torch_python|shm|torch_global_deps)\..*"
)
LINKER_SCRIPT = (
    "/* The processor part of libtorch is all there is here. */\nINPUT(AS_NEEDED(-ltorch_cpu))\n"
)

# libtorch does not depend on Python, so one Python's wheel serves whatever Python a machine has.
WHEEL_PYTHON = "3.11"
PLATFORMS = {
    ("Linux", "x86_64"): [f"manylinux_2_{n}_x86_64" for n in (28, 27, 25, 17)]
    + ["manylinux2014_x86_64"],
    ("Linux", "aarch64"): [f"manylinux_2_{n}_aarch64" for n in (28, 27, 25, 17)]
    + ["manylinux2014_aarch64"],
    ("Darwin", "arm64"): ["macosx_14_0_arm64", "macosx_11_0_arm64"],
}
DOWNLOAD_NEEDS_MB = 1200  # pip holds the wheel twice for a moment
UNPACK_NEEDS_MB = 700


class Failure(Exception):
    """What went wrong, where, and what to do, in words for the user."""


def say(text):
    print(f"libtorch: {text}", file=sys.stderr, flush=True)


def version_of(folder):
    """The version a libtorch folder gives itself, less "+cpu" or "+cu130"; None if it has none."""
    for name, pattern in [
        ("build-version", r"^\s*(\d[\w.]*)"),
        ("version.py", r"__version__ = '(\d[\w.]*)"),
        ("include/torch/headeronly/version.h", r"_MAJOR (\d+)[^$]*?_MINOR (\d+)[^$]*?_PATCH (\d+)"),
    ]:
        try:
            found = re.search(
                pattern, (folder / name).read_text(encoding="utf-8", errors="replace"), re.MULTILINE
            )
        except OSError:
            continue
        if found:
            return ".".join(found.groups())
    return None


def what_is_wrong(folder):
    """Why a folder cannot serve as libtorch 2.11.0, or None when it has all it should."""
    if not folder.is_dir():
        return "there is no such folder"
    for name in [*CORE, HEADER]:
        if not (folder / name).is_file():
            return f"it has no {name}"
    version = version_of(folder)
    if version is None:
        return "nothing in it tells its version (no build-version, version.py or version.h)"
    if version != VERSION:
        return f"it is version {version}, and {VERSION} is needed"
    return None


def is_made(into):
    """Whether this script has filled the folder; a run that was stopped leaves no build-version."""
    return (into / "build-version").is_file() and what_is_wrong(into) is None


def does_not_load(folder):
    """Why the system cannot load the libraries of a folder, or None when it can."""
    program = "import ctypes, sys\nfor name in sys.argv[1:]: ctypes.CDLL(name)"
    libraries = [str(folder / name) for name in CORE]
    done = subprocess.run(
        [sys.executable, "-c", program, *libraries], stderr=subprocess.PIPE, check=False
    )
    if done.returncode == 0:
        return None
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"loading them ended with status {done.returncode}"


def from_environment(into):
    """The folder LIBTORCH names, checked; None if it is not set or names the one to fill."""
    named = os.environ.get("LIBTORCH")
    if not named or os.path.realpath(named) == os.path.realpath(into):
        return None
    advice = f"Point LIBTORCH at a libtorch {VERSION}, or unset it to have one fetched."
    if not os.path.isabs(named):
        raise Failure(f"LIBTORCH={named} is not an absolute path, which cargo needs. {advice}")
    problem = what_is_wrong(Path(named)) or does_not_load(Path(named))
    if problem:
        raise Failure(f"LIBTORCH={named} cannot be used: {problem}. {advice}")
    return Path(named)


def from_python():
    """The folder of the torch this Python can import, if it is the right one."""
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations)))
    problem = what_is_wrong(folder) or does_not_load(folder)
    if problem:
        say(f"not using the Python torch in {folder}: {problem}")
        return None
    return folder


def remove(path):
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def room(folder, needed_mb, step):
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < needed_mb:
        raise Failure(
            f"{step} takes {needed_mb} MB of disk for a moment, and {folder} has {free_mb} MB. "
            "Free some space and run this again, or set LIBTORCH to a libtorch elsewhere."
        )


def find_pip():
    for command in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
        try:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
            if subprocess.run([*command, "--version"], **quiet).returncode == 0:
                return command
        except OSError:
            continue
    raise Failure(
        "there is no pip to download the torch wheel with "
        f"({sys.executable} -m pip, pip3 and pip all fail). "
        "Install it (Debian: apt-get install python3-pip), "
        f"or set LIBTORCH to an unpacked libtorch {VERSION}."
    )


def download(package, version, work, lock):
    """The wheel of a package, in work/wheels/PACKAGE/; an earlier run's is taken as it is."""
    folder = work / "wheels" / package
    if not folder.exists():
        platforms = PLATFORMS.get((platform.system(), platform.machine()))
        if platforms is None:
            raise Failure(
                f"torch {VERSION} has no wheel for {platform.system()} on {platform.machine()}. "
                f"Build or unpack a libtorch {VERSION} and set LIBTORCH to its folder."
            )
        if package == "torch":
            room(work, DOWNLOAD_NEEDS_MB, "downloading torch")
        scratch, fresh = work / "pip-scratch", work / "pip-download"
        for path in (scratch, fresh):
            remove(path)
            path.mkdir()
        say(f"downloading {package} {version}")
        command = [*find_pip(), "download", "--no-deps", "--no-cache-dir", "--only-binary=:all:"]
        command += ["--python-version", WHEEL_PYTHON, *(f"--platform={name}" for name in platforms)]
        command += ["--dest", str(fresh), f"{package}=={version}"]
        # pip holds the lock too: should this script be killed, the next run waits for pip's end.
        environment = {**os.environ, "TMPDIR": str(scratch), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            env=environment,
            pass_fds=[lock],
            check=False,
        )
        if done.returncode != 0 or not list(fresh.glob("*.whl")):
            raise Failure(
                f"pip could not download {package} {version}, as it says above. "
                "Check the network and the disk and run this again: what is already here is kept. "
                f"Without a network, set LIBTORCH to an unpacked libtorch {VERSION}."
            )
        folder.parent.mkdir(exist_ok=True)
        fresh.rename(folder)
        remove(scratch)
    return next(iter(folder.glob("*.whl")))


def unpack(wheel, place_of, tree):
    """Writes into tree the files of a wheel that place_of(name) has a path for.

    Each is checked against the checksum in the wheel's RECORD.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            record = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
            lines = archive.read(record).decode().splitlines()
            checksums = {name: checksum for name, checksum, _ in csv.reader(lines)}
            places = [(info, place_of(info.filename)) for info in archive.infolist()]
            wanted = [(info, tree / place) for info, place in places if place and not info.is_dir()]
            total = sum(info.file_size for info, _ in wanted)
            say(f"unpacking {len(wanted)} files, {total / 1e6:.0f} MB, of {wheel.name}")
            for info, place in wanted:
                place.parent.mkdir(parents=True, exist_ok=True)
                digest = hashlib.sha256()
                with archive.open(info) as source, open(place, "wb") as target:
                    while block := source.read(1 << 20):
                        digest.update(block)
                        target.write(block)
                found = "sha256=" + base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
                if found != checksums.get(info.filename):
                    raise zipfile.BadZipFile(f"{info.filename} does not match its checksum")
    except (zipfile.BadZipFile, zlib.error, StopIteration, EOFError) as broken:
        remove(wheel.parent)
        raise Failure(
            f"the wheel {wheel.name} is damaged ({broken}); it is deleted, run this again."
        ) from broken


def torch_place(name):
    """Where a file of the torch wheel goes; None for those that are left out."""
    folder, _, file = name.rpartition("/")
    if name.startswith("torch/include/"):
        return name[len("torch/") :]
    if folder != "torch/lib" or LEFT_OUT.fullmatch(file) or file == "libtorch.so":
        return None
    return f"lib/{file}" if f".{SUFFIX}" in file else None


def cuda_place(name):
    return "lib/" + name.rsplit("/", 1)[1] if CUDA_FILES.fullmatch(name) else None


def from_wheel(work, lock):
    """A whole libtorch folder made of wheels, in work/tree."""
    packages = {"torch": VERSION, **({} if MAC else CUDA_LIBRARIES)}
    wheels = {
        package: download(package, version, work, lock) for package, version in packages.items()
    }
    tree = work / "tree"
    remove(tree)
    room(work, UNPACK_NEEDS_MB, "unpacking torch")
    for package, wheel in wheels.items():
        unpack(wheel, torch_place if package == "torch" else cuda_place, tree)
    if not MAC:
        (tree / "lib/libtorch.so").write_text(LINKER_SCRIPT, encoding="utf-8")
    problem = what_is_wrong(tree) or does_not_load(tree)
    if problem:
        raise Failure(
            f"what the torch {VERSION} wheel holds cannot be used here: {problem}. "
            "If that names a missing library, install it; "
            f"else set LIBTORCH to a libtorch {VERSION} made for this system."
        )
    return tree


def make(into, work, lock):
    """Fills the folder: links to the Python torch, or the wheel's files moved in."""
    (into / "build-version").unlink(missing_ok=True)
    found = from_python()
    tree = found or from_wheel(work, lock)
    for name in ("include", "lib"):
        remove(into / name)
        if found:
            (into / name).symlink_to(tree / name)
        else:
            (tree / name).rename(into / name)
    whole = work / "build-version"
    whole.write_text(f"{VERSION}\n", encoding="utf-8")
    whole.rename(into / "build-version")
    say(f"from the Python torch in {found}" if found else "from the torch wheel (processor only)")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--into",
        metavar="FOLDER",
        type=Path,
        default=PROJECT / ".libtorch",
        help="put it here instead of .libtorch (set LIBTORCH to this folder for cargo to use it)",
    )
    into = parser.parse_args().into.absolute()
    given = from_environment(into)
    if given:
        say(f"{VERSION}, from LIBTORCH")
        return given
    work = into / "work"
    if not is_made(into) or work.exists():
        into.mkdir(parents=True, exist_ok=True)
        with open(into / "lock", "w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"another run is at work in {into}; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            work.mkdir(exist_ok=True)
            if not is_made(into):
                make(into, work, lock.fileno())
            remove(work)
    say(f"{VERSION} is ready")
    return into


if __name__ == "__main__":
    try:
        print(main())
    except Failure as failure:
        sys.exit(f"libtorch: {failure}")
    except OSError as failure:
        full = failure.errno in (errno.ENOSPC, errno.EDQUOT)
        sys.exit(
            f"libtorch: {failure}. "
            + ("Free some disk space" if full else "See to that")
            + " and run this again."
        )
    except KeyboardInterrupt:
        sys.exit("\nlibtorch: stopped; the next run goes on from here.")
