"""Stands in for pip in tests/setup.rs: writes the wheel asked for, with tiny libraries in it.

FAKE_PIP may say otherwise: absent (no pip here), offline, slow (stops a second in the middle) or
damaged (a wrong checksum in the torch wheel). Every download is noted in FAKE_HOME/downloads.
"""

import base64
import hashlib
import os
import pathlib
import sys
import time
import zipfile

HOME = pathlib.Path(os.environ["FAKE_HOME"])
MODE = os.environ["FAKE_PIP"]
VERSION_H = b"#define V_MAJOR 2\n#define V_MINOR 11\n#define V_PATCH 0\n"


def files_of(package):
    library = (HOME / "library").read_bytes()
    if package != "torch":
        name = "cupti" if "cupti" in package else "cudart"
        return {f"nvidia/cu13/lib/lib{name}.so.13": library}
    suffix = "dylib" if sys.platform == "darwin" else "so"
    names = ("torch_cpu", "c10", "torch_cuda", "torch")
    return {
        "torch/include/torch/csrc/api/include/torch/torch.h": b"",
        "torch/include/torch/headeronly/version.h": VERSION_H,
        **{f"torch/lib/lib{name}.{suffix}": library for name in names},
    }


def write_wheel(path, files, damaged):
    with zipfile.ZipFile(path, "w") as wheel:
        record = ""
        for name, content in files.items():
            digest = hashlib.sha256(content + b"?" * damaged).digest()
            sha256 = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            record += f"{name},sha256={sha256},{len(content)}\n"
            wheel.writestr(name, content)
        wheel.writestr("some.dist-info/RECORD", record)


def main():
    if MODE == "absent":
        sys.exit("no pip")
    if "--version" in sys.argv:
        return
    wanted = sys.argv[-1]
    with open(HOME / "downloads", "a", encoding="utf-8") as log:
        print(wanted, file=log)
    if MODE == "offline":
        sys.exit("no network")
    folder = pathlib.Path(sys.argv[sys.argv.index("--dest") + 1])
    if MODE == "slow":
        half = folder / "half.whl"
        half.write_bytes(b"PK")
        time.sleep(1)
        half.unlink()
    package = wanted.split("==")[0]
    write_wheel(folder / "some.whl", files_of(package), MODE == "damaged" and package == "torch")


main()
