#!/usr/bin/env python3
"""Packs what benches/gpu_check.py needs on a machine with a GPU, but without Rust or a network.

    make gpu-check
    scripts/gpu_check_pack.py --program target/release/dreamer [--models FOLDER] [--into gpu-check]

Into the folder go the program without its symbols, the script and its helpers, the library that counts
copies, a sample photograph, and those weights of the networks that are found as safetensors in FOLDER
($DREAMER_MODELS, else models/): as float16, and only up to the layer that is dreamed.
"""

import argparse
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "benches"))
sys.dont_write_bytecode = True
import gpu_check_networks as networks  # noqa: E402


def halved(tensor):
    """A tensor as float16, if all of its values can be."""
    name, dtype, shape, values = tensor
    if dtype != "F32":
        return tensor
    count = len(values) // 4
    try:
        half = struct.pack(f"<{count}e", *struct.unpack(f"<{count}f", values))
    except OverflowError:
        return tensor
    return name, "F16", shape, half


def pack_weights(source, target, left_out):
    tensors = [tensor for tensor in networks.read_safetensors(source) if not tensor[0].startswith(left_out)]
    networks.write_safetensors(target, [halved(tensor) for tensor in tensors])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=PROJECT / "target/release/dreamer")
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("DREAMER_MODELS") or PROJECT / "models"))
    parser.add_argument("--into", type=Path, default=PROJECT / "gpu-check")
    options = parser.parse_args()
    if not options.program.is_file():
        sys.exit(f"gpu_check_pack: there is no {options.program}; `make build` makes it")

    into = options.into
    (into / "models").mkdir(parents=True, exist_ok=True)
    subprocess.run(["strip", "-o", into / "dreamer", options.program], check=True)
    for name in ("gpu_check.py", "gpu_check_networks.py", "count_copies.c"):
        shutil.copy(PROJECT / "benches" / name, into / name)
    shutil.copy(PROJECT / "samples/mountains.jpg", into / "photo.jpg")
    library = ["-O2", "-shared", "-fPIC", "-o", into / "libcount_copies.so", into / "count_copies.c", "-ldl"]
    subprocess.run([os.environ.get("CC", "cc"), *library], check=True)
    for network, (_, left_out) in networks.NETWORKS.items():
        source, target = (options.models / f"{network}.safetensors", into / "models" / f"{network}.safetensors")
        if source.is_file():
            pack_weights(source, target, left_out)
        elif target.is_file():
            target.unlink()
        if not source.is_file():
            print(f"no weights of {network} in {options.models}")

    files = sorted(path for path in into.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in files:
        print(f"{path.stat().st_size / 1e6:8.2f} MB  {path.relative_to(into)}")
    print(f"{sum(path.stat().st_size for path in files) / 1e6:8.2f} MB in all")
    print(f"There: python3 {into.name}/gpu_check.py --out gpu.json")


if __name__ == "__main__":
    main()
