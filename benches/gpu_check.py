#!/usr/bin/env python3
"""Checks dreamer on a machine with an NVIDIA GPU, in under five minutes.

    make gpu-check                       # here: packs the folder gpu-check/
    python3 gpu-check/gpu_check.py --out gpu.json    # there
    python3 benches/gpu_check.py --device cpu         # a dry run without a GPU, at small sizes

The machine needs Python with torch of the version that dreamer is linked with, for CUDA, and nothing
else: no Rust, no compiler, no torchvision, no numpy. dreamer runs on the libtorch of that torch; the
program is found beside this file, or in target/release, or by --dreamer.

What is checked:

  start    --device auto takes the GPU.
  errors   a GPU that is not there is told in one line.
  parity   the same on the GPU and on the CPU, for each network whose weights are found: one large step
           (20 levels), whose pictures must be alike to a PSNR of 35 dB and whose scores to 2 %; and a
           dream of 3 octaves of 5 steps, without jitter and with the default's, whose pictures must be
           alike to 25 dB. Without TF32 (the environment's NVIDIA_TF32_OVERRIDE=0) it must be 60 and 30 dB.
           Rounding grows from step to step: where dreamer's own core on the CPU is no nearer to libtorch
           on the CPU, 3 dB less than that replaces the dream's 30 dB (with TF32, 5 dB less again). Without weights of SqueezeNet or
           GoogLeNet, random ones are made.
  bus      bytes that a gradient step copies to and from the GPU, and how often it waits. The library
           of count_copies.c is loaded before libcudart and counts its calls; what a run of 2N steps
           counts more than one of N is that of N steps. More than 1024 bytes a step either way fail.
  speed    milliseconds of a gradient step at 1920x1080, beside plain eager PyTorch on the same GPU
           (gpu_check_networks.py), in turns: dreamer's from the difference of two runs with different
           --iterations. And the most GPU memory of each process, from NVML or nvidia-smi.
  memory   with most of the GPU's memory taken by another process, a dream ends in a picture (in tiles)
           or in one line, whatever is left.
  profile  the bus again, by CUPTI's records of every copy and every kernel that the GPU has run, whoever
           started it, and of how long it was busy with a step.

Each line of the report begins with `pass`, `FAIL`, `skip` or, where nothing is judged, `told`. The exit
code is 1 if a check failed. --out FILE writes it all as JSON. Every child has a time limit, and what
the --budget of seconds no longer allows is skipped.
"""

import argparse
import importlib.util
import json
import math
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gpu_check_networks as networks

HERE = Path(__file__).resolve().parent
TORCH_VERSION = "2.11."
LEAST_PSNR = 30
LEAST_PSNR_OF_A_STEP = 40
LEAST_PSNR_WITHOUT_TF32 = 60
# What TF32 may cost of both: it keeps three digits of each factor.
TF32_COSTS = 5
# Of a score; TF32 keeps three digits of what it multiplies.
MOST_OFF = 0.02
MOST_BYTES = 1024
TIMED = ("bvlc_googlenet", "squeezenet1_0")


class Report:
    """Prints each line as it comes and keeps it."""

    def __init__(self):
        self.lines = []

    def add(self, verdict, part, text, **values):
        self.lines.append({"verdict": verdict, "part": part, "text": text, **values})
        print(f"{verdict:4}  {part:7} {text}", flush=True)

    def judge(self, good, part, text, **values):
        self.add("pass" if good else "FAIL", part, text, **values)

    def count(self, verdict):
        return sum(line["verdict"] == verdict for line in self.lines)


class Run:
    """A finished dreamer."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        self.lines = [line for line in err.splitlines() if line.strip()]
        try:
            self.told = json.loads(out)
        except ValueError:
            self.told = {}

    @property
    def good(self):
        return self.code == 0 and "seconds" in self.told

    @property
    def seconds(self):
        return self.told["seconds"]

    def why(self):
        if self.code is None:
            return "it did not end in time"
        last = self.lines[-1] if self.lines else "it said nothing"
        return f"exit code {self.code}: {last[:300]}"

    def clear_error(self):
        """It said in one line what is wrong, and did not crash."""
        return self.code in (1, 2) and len(self.lines) == 1 and self.lines[0].startswith("error:")


class Check:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.started = time.monotonic()
        self.report = Report()
        self.gpu = options.device != "cpu"
        self.torch = torch_folder()
        self.program = self.find_program()
        self.shim = None
        self.weights = {}
        # What a step took and what memory libtorch held, by network, as the bus check saw it.
        self.step_ms, self.held_mib, self.peak_mib = {}, {}, {}

    # Running.

    def left(self):
        return self.options.budget - (time.monotonic() - self.started)

    def affords(self, part, seconds, what):
        if self.left() >= seconds:
            return True
        self.report.add("skip", part, f"{what}: {self.left():.0f} s of the budget are left, too few")
        return False

    def find_program(self):
        places = [self.options.dreamer, HERE / "dreamer", HERE.parent / "target/release/dreamer"]
        for place in places:
            if place and Path(place).is_file():
                found = Path(place).resolve()
                if not os.access(found, os.X_OK):
                    found = Path(shutil.copy(found, self.folder / "dreamer"))
                    found.chmod(0o755)
                return found
        sys.exit("gpu_check: no dreamer is here; name one with --dreamer FILE")

    def environment(self, extra):
        """With the libraries of Python's torch, under their real path: they look for each other there."""
        environment = {**os.environ, **(extra or {})}
        if self.torch:
            folders = [str(self.torch / "lib"), environment.get("LD_LIBRARY_PATH")]
            environment["LD_LIBRARY_PATH"] = ":".join(filter(None, folders))
        return environment

    def child(self, command, seconds=90, extra=None, watch=None):
        """Runs a program for at most so long."""
        limit = max(1, min(seconds, self.left()))
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=self.environment(extra),
        )
        if watch:
            watch.follow(process.pid)
        try:
            out, err = process.communicate(timeout=limit)
            return Run(process.returncode, out, err)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            return Run(None, out, err)
        finally:
            process.kill()

    def dream(self, network, picture, output, words="", device=None, threads=None, **how):
        """Dreams `picture` with the options in `words` and tells it as JSON."""
        layer = networks.NETWORKS[network][0]
        command = [self.program, picture, "-o", output, "--force", "--quiet", "--json"]
        command += ["--model", network, "--weights", self.weights[network], "--layer", layer]
        command += ["--device", device or self.options.device]
        command += ["--threads", threads or self.options.threads, *words.split()]
        return self.child(command, **how)

    # What there is.

    def describe(self):
        self.report.add(
            "told", "machine", f"Python {platform.python_version()}, {os.cpu_count()} processors, {self.program}"
        )
        if self.torch is None:
            self.report.add("told", "machine", f"{sys.executable} has no torch: dreamer finds its libtorch itself")
        else:
            version = torch_version(self.torch)
            self.report.judge(version.startswith(TORCH_VERSION), "machine", f"torch {version} in {self.torch}")
        gpus = (
            nvidia_smi("--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
            or "no GPU that nvidia-smi shows"
        )
        self.report.add("told", "machine", gpus)

    def find_weights(self):
        folders = [self.options.models, HERE / "models", os.environ.get("DREAMER_MODELS")]
        for network in networks.NETWORKS:
            files = [Path(folder) / f"{network}.safetensors" for folder in folders if folder]
            found = next((file for file in files if file.is_file()), None)
            if found:
                self.weights[network] = found
            elif network in networks.LAYOUTS:
                self.weights[network] = self.folder / f"{network}.safetensors"
                networks.generate(network, self.weights[network])
                self.report.add("told", "weights", f"{network}: none are here, random ones are made")
            else:
                self.report.add("skip", "weights", f"{network}: none are here")

    def find_shim(self):
        library, source = HERE / "libcount_copies.so", HERE / "count_copies.c"
        compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
        if library.is_file():
            self.shim = library
        elif compiler and source.is_file():
            self.shim = self.folder / "libcount_copies.so"
            done = subprocess.run(
                [compiler, "-O2", "-shared", "-fPIC", "-o", self.shim, source, "-ldl"],
                capture_output=True,
                text=True,
            )
            if done.returncode != 0:
                self.report.add("told", "bus", f"count_copies.c does not compile: {done.stderr.strip()[:200]}")
                self.shim = None

    def large_picture(self):
        """A picture of noise: what is in it does not matter to time and memory."""
        width, height = self.options.size
        file = self.folder / "large.bmp"
        chance = random.Random(0)
        networks.write_bmp(file, width, height, [chance.randbytes(width * 3) for _ in range(height)])
        return file

    # The checks.

    def first_start(self):
        """The first start reads libtorch from the disk, and tells whether there is a GPU at all."""
        network = next(iter(self.weights))
        output = self.folder / "first.bmp"
        device = "auto" if self.gpu else "cpu"
        begin = time.monotonic()
        run = self.dream(
            network, self.options.photo, output, "--max-size 160 -n 1 -i 1", device=device, seconds=120
        )
        seconds = time.monotonic() - begin
        if not run.good:
            self.report.judge(False, "start", f"the first dream, --device {device}: {run.why()}")
            return False
        used = run.told["settings"]["device"]
        wanted = "cuda:0" if self.gpu else "cpu"
        text = f"the first dream took {seconds:.1f} s from start to end; --device {device} is {used}"
        self.report.judge(used == wanted, "start", text, seconds=seconds)
        return used == wanted

    def missing_device(self):
        network = next(iter(self.weights))
        for device in ("cuda:7", "cuda:99999999999999999999"):
            run = self.dream(network, self.options.photo, self.folder / "none.bmp", device=device, seconds=60)
            said = run.lines[0][:200] if run.lines else "nothing"
            text = f"--device {device}: exit code {run.code}, {len(run.lines)} line(s): {said}"
            # The second is no number of a device at all, which the grammar tells in its own lines.
            good = run.clear_error() if device == "cuda:7" else run.code == 2 and run.err.startswith("error:")
            self.report.judge(good, "errors", text)

    def parity(self):
        many = self.options.cpus > 4
        threads = max(1, self.options.cpus // 3)
        # Without a GPU, dreamer's own core is what libtorch is compared with.
        reference = "--device cpu" if self.gpu else "--backend core"
        step, calm = "--jitter 0 --step 20 -n 1 -i 1", "--jitter 0"
        plan = {
            "step": step,
            "step.reference": f"{step} {reference}",
            "calm": calm,
            "calm.reference": f"{calm} {reference}",
            "jitter": "",
            "jitter.reference": reference,
            "jitter.again": "",
        }
        if self.gpu:
            plan["step.exact"] = step
            plan["calm.exact"] = calm
            plan["calm.core"] = f"{calm} --device cpu --backend core"
        for network in self.weights:
            if not self.affords("parity", 25, network):
                continue

            def dream(name, network=network):
                output = self.folder / f"{network}.{name}.bmp"
                words = f"-n 3 -i 5 --max-size {self.options.parity_size} {plan[name]}"
                extra = {"NVIDIA_TF32_OVERRIDE": "0"} if name.endswith(".exact") else None
                photo = self.options.photo
                run = self.dream(network, photo, output, words, threads=threads, extra=extra)
                return run, output

            with ThreadPoolExecutor(len(plan) if many else 1) as pool:
                done = dict(zip(plan, pool.map(dream, plan)))
            failed = [f"{name}: {run.why()}" for name, (run, _) in done.items() if not run.good]
            if failed:
                self.report.judge(False, "parity", f"{network}: {'; '.join(failed)}")
                continue
            pairs = [(name, f"{name.partition('.')[0]}.reference") for name in done if "reference" not in name]
            pairs[pairs.index(("jitter.again", "jitter.reference"))] = ("jitter.again", "jitter")
            decibels = {name: psnr(done[name][1], done[other][1]) for name, other in pairs}
            # Where even the CPU's two backends come to different pictures, a GPU does too.
            least = min(LEAST_PSNR, decibels.get("calm.core", math.inf) - 3)
            tf32_costs = TF32_COSTS if self.gpu else 0
            scores = [done[name][0].told["score"] for name in ("step", "step.reference")]
            off = scores[0] / scores[1] - 1
            same = (
                "the same bytes again"
                if math.isinf(decibels["jitter.again"])
                else f"{decibels['jitter.again']:.1f} dB when repeated"
            )
            exact = {
                name: f" ({decibels[name]:.1f} without TF32)" if name in decibels else ""
                for name in ("step.exact", "calm.exact")
            }
            text = (
                f"{network}: one step {decibels['step']:.1f} dB{exact['step.exact']}, its score {off:+.1e}; "
                f"the dream {decibels['calm']:.1f} dB without jitter{exact['calm.exact']}, "
                f"{decibels['jitter']:.1f} with"
            )
            if "calm.core" in decibels:
                text += f", the CPU's core {decibels['calm.core']:.1f}"
            text += f"; {same}"
            # A dry run compares the CPU's two backends themselves.
            dream_good = min(decibels["calm"], decibels["jitter"]) >= least - tf32_costs or not self.gpu
            exact_good = (
                decibels.get("step.exact", math.inf) >= LEAST_PSNR_WITHOUT_TF32
                and decibels.get("calm.exact", math.inf) >= least
            )
            least_step = LEAST_PSNR_OF_A_STEP - tf32_costs
            step_good = decibels["step"] >= least_step and abs(off) < MOST_OFF
            good = step_good and exact_good and dream_good
            told = {name: None if math.isinf(value) else value for name, value in decibels.items()}
            self.report.judge(good, "parity", text, network=network, psnr=told)

    def bus(self, picture):
        if not self.shim:
            self.report.add("skip", "bus", "there is neither libcount_copies.so nor a compiler for count_copies.c")
            return
        few, many = self.options.bus_steps
        for network in TIMED:
            if not self.affords("bus", 20, network):
                continue
            counts, runs = {}, {}
            for steps in (few, many):
                file = self.folder / f"{network}.{steps}.counts"
                extra = {"LD_PRELOAD": str(self.shim), "COUNT_COPIES": str(file)}
                runs[steps] = self.dream(network, picture, self.folder / "bus.bmp", f"-n 1 -i {steps}", extra=extra)
                counts[steps] = read_counts(file)
            failed = [run.why() for run in runs.values() if not run.good]
            if failed:
                self.report.judge(False, "bus", f"{network}: {failed[0]}")
                continue
            self.step_ms[network] = (runs[many].seconds - runs[few].seconds) / (many - few) * 1e3
            if not all(counts.values()):
                why = "no call of libcudart was seen" if self.gpu else "nothing is copied on the CPU"
                self.report.add("skip", "bus", f"{network}: {why}")
                continue
            step = {name: (counts[many][name] - counts[few][name]) / (many - few) for name in counts[many]}
            self.held_mib[network] = counts[many]["most_held"] / 2**20
            there, back = step["to_device_bytes"] + step["by_address_bytes"], step["to_host_bytes"]
            text = (
                f"{network}: a step copies {there:.0f} bytes to the GPU in {step['to_device_copies']:g} copies and "
                f"{back:.0f} back in {step['to_host_copies']:g}, waits {step['waits']:g} times and starts "
                f"{step['launches']:g} kernels (cuDNN's are not counted); copies within the GPU: "
                f"{step['within_device_bytes'] / 1e6:.1f} MB; libtorch held {self.held_mib[network]:.0f} MiB"
            )
            self.report.judge(max(there, back) <= MOST_BYTES, "bus", text, network=network, step=step, runs=counts)

    def profile(self, picture):
        """The same by CUPTI, which sees what the libraries do among themselves."""
        if not (self.gpu and self.shim):
            return
        few, many = self.options.bus_steps
        for network in TIMED:
            if not self.affords("profile", 40, network):
                continue
            counts = {}
            for steps in (few, many):
                file = self.folder / f"{network}.{steps}.records"
                extra = {"LD_PRELOAD": str(self.shim), "COUNT_COPIES": str(file), "COUNT_RECORDS": "1"}
                run = self.dream(network, picture, self.folder / "bus.bmp", f"-n 1 -i {steps}", extra=extra)
                counts[steps] = read_counts(file) if run.good else {}
            records = [counts[steps].get("record_kernels", 0) for steps in (few, many)]
            if not all(records):
                self.report.add("skip", "profile", f"{network}: CUPTI gave no records")
                continue
            step = {name: (counts[many][name] - counts[few][name]) / (many - few) for name in counts[many]}
            text = (
                f"{network}: by CUPTI a step runs {step['record_kernels']:g} kernels for "
                f"{step['record_kernel_ns'] / 1e6:.2f} ms, copies {step['record_to_device_bytes']:.0f} bytes "
                f"to the GPU, {step['record_to_host_bytes']:.0f} back and "
                f"{step['record_within_device_bytes'] / 1e6:.1f} MB within it "
                f"in {step['record_copy_ns'] / 1e6:.2f} ms"
            )
            self.report.add("told", "profile", text, network=network, step=step)

    def speed(self, picture):
        width, height = self.options.size
        rounds = self.options.rounds
        for later, network in zip(reversed(range(len(TIMED))), TIMED):
            # A guess where the bus check has not told.
            step = self.step_ms.get(network, 20) / 1e3
            count = min(400, max(self.options.least_steps, round(self.options.timed_seconds / max(step, 1e-4))))
            warm = self.options.warm_steps
            ours, theirs, tried = [], [], 0
            peaks = {"dreamer": None, "PyTorch": None}
            pytorch, needs = {}, 30
            for number in range(rounds):
                # The networks after this one are to have a round as well.
                if self.left() < needs * (1 + later) + self.options.reserve:
                    break
                begin = time.monotonic()
                tried += 1
                watch = Watch() if self.gpu and number == 0 else None
                output = self.folder / "speed.bmp"
                short = self.dream(network, picture, output, f"-n 1 -i {warm}")
                long = self.dream(network, picture, output, f"-n 1 -i {warm + count}", watch=watch)
                if watch:
                    peaks["dreamer"] = watch.stop()
                if not (short.good and long.good):
                    self.report.judge(False, "speed", f"{network}: {(long if short.good else short).why()}")
                    break
                ours.append((long.seconds - short.seconds) / count * 1e3)
                if self.torch is not None and network in networks.LAYOUTS:
                    watch = Watch() if self.gpu and number == 0 else None
                    command = [sys.executable, HERE / "gpu_check_networks.py", "steps", "--network", network]
                    command += ["--weights", self.weights[network], "--picture", picture]
                    command += ["--device", self.options.device]
                    command += ["--warm", warm, "--iterations", count, "--threads", self.options.threads]
                    run = self.child(command, 90, watch=watch)
                    if watch:
                        peaks["PyTorch"] = watch.stop()
                    if "step_ms" in run.told:
                        pytorch = run.told
                        theirs.append(run.told["step_ms"])
                    else:
                        self.report.add("told", "speed", f"{network}: PyTorch: {run.why()}")
                needs = (time.monotonic() - begin) * 1.2
            if not ours:
                if not tried:
                    self.report.add("skip", "speed", f"{network}: the budget is nearly used up")
                continue
            self.peak_mib[network] = peaks["dreamer"]
            self.tell_speed(network, f"{width}x{height}", count, ours, theirs)
            self.tell_memory(network, peaks, pytorch)
            if pytorch:
                self.compare_scores(network, picture, pytorch["score"])

    def tell_speed(self, network, size, count, ours, theirs):
        text = f"{network} {size}: {statistics.median(ours):.2f} ms a step (median of {len(ours)} x {count})"
        values = {"network": network, "dreamer_ms": ours, "pytorch_ms": theirs}
        if theirs:
            ratios = [mine / other for mine, other in zip(ours, theirs)]
            text += (
                f", PyTorch {statistics.median(theirs):.2f} ms; ratio {statistics.median(ratios):.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f})"
            )
            values["ratios"] = ratios
        else:
            text += "; no PyTorch to compare with"
        self.report.add("told", "speed", text, **values)

    def tell_memory(self, network, peaks, pytorch):
        if peaks["dreamer"] is None:
            self.report.add(
                "skip",
                "memory",
                f"{network}: {'nothing tells how much the process uses' if self.gpu else 'there is no GPU'}",
            )
            return
        text = f"{network}: at most {peaks['dreamer']:.0f} MiB of the GPU's memory"
        if network in self.held_mib:
            text += f" (libtorch held {self.held_mib[network]:.0f})"
        if peaks["PyTorch"]:
            text += f"; PyTorch {peaks['PyTorch']:.0f} (held {pytorch.get('reserved_mib', 0):.0f})"
            text += f"; ratio {peaks['dreamer'] / peaks['PyTorch']:.2f}"
        values = {"dreamer_mib": peaks["dreamer"], "dreamer_held_mib": self.held_mib.get(network)}
        self.report.add(
            "told", "memory", text, network=network, **values, pytorch_mib=peaks["PyTorch"], pytorch=pytorch
        )

    def compare_scores(self, network, picture, theirs):
        """That both compute the same thing: the first score, to within what TF32 makes of it."""
        run = self.dream(network, picture, self.folder / "score.bmp", "-n 1 -i 1 -j 0")
        if not run.good:
            self.report.judge(False, "speed", f"{network}: {run.why()}")
            return
        difference = run.told["score"] / theirs - 1
        text = f"{network}: the first score is PyTorch's to {difference:+.1e}"
        self.report.judge(abs(difference) < MOST_OFF, "speed", text, scores=[run.told["score"], theirs])

    def short_memory(self, picture):
        """Dreams beside a process that has taken most of the memory."""
        if not self.gpu or self.torch is None:
            self.report.add("skip", "memory", "a GPU without room: there is no GPU, or no torch to fill it with")
            return
        network = "squeezenet1_0"
        words = "-n 1 -i 5 --jitter 0"
        whole = self.folder / "whole.bmp"
        if not self.affords("memory", 30, "a GPU without room"):
            return
        run = self.dream(network, picture, whole, words)
        if not run.good:
            self.report.judge(False, "memory", f"the dream with all of the memory: {run.why()}")
            return
        held = self.held_mib.get(network) or 1500
        # What a process takes before libtorch asks for any memory: the driver's context, the kernels.
        context = max(self.peak_mib[network] - held, 300) if self.peak_mib.get(network) else 700
        for share, what in [
            (0.4, "room for 0.4 of a step"),
            (0.05, "room for 0.05 of a step"),
            (None, "no room for a context"),
        ]:
            if not self.affords("memory", 25, what):
                continue
            room = 100 if share is None else round(context + share * held)
            with Holder(room, self.left()) as holder:
                if not holder.said:
                    self.report.add("skip", "memory", f"{what}: the memory could not be taken: {holder.error}")
                    continue
                output = self.folder / "tiles.bmp"
                output.unlink(missing_ok=True)
                run = self.dream(network, picture, output, words, seconds=60)
            text = f"{what} ({holder.said}): "
            if run.good and output.is_file():
                decibels = psnr(whole, output)
                difference = "the same bytes" if math.isinf(decibels) else f"{decibels:.1f} dB from it whole"
                self.report.judge(True, "memory", f"{text}a picture in {run.seconds:.1f} s, {difference}")
            else:
                good = run.clear_error() and not output.exists()
                self.report.judge(
                    good, "memory", f"{text}{len(run.lines)} line(s), {run.why()}", stderr=run.err[:4000]
                )

    def all(self):
        self.describe()
        self.find_weights()
        self.find_shim()
        if self.gpu and not Path("/dev/nvidiactl").exists() and not Path("/dev/dxg").exists():
            self.missing_device()
            self.report.add("skip", "gpu", "no NVIDIA driver is running here; --device cpu makes a dry run")
            return
        started = self.first_start()
        self.missing_device()
        if not started:
            self.report.add("skip", "gpu", "the rest, without a first dream")
            return
        picture = self.large_picture()
        parts = [
            self.parity,
            *(lambda part=part: part(picture) for part in (self.bus, self.speed, self.short_memory, self.profile)),
        ]
        for part in parts:
            try:
                part()
            except Exception as error:  # One part that breaks must not cost the others' results.
                self.report.add("FAIL", "script", f"{type(error).__name__}: {error}")


class Holder:
    """A process that takes all of the GPU's memory but so many MiB."""

    def __init__(self, room, seconds):
        command = [sys.executable, str(HERE / "gpu_check_networks.py"), "hold", str(room)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, **pipes, text=True, errors="replace")
        self.seconds = min(60, max(5, seconds))
        self.said = self.error = ""

    def __enter__(self):
        timer = threading.Timer(self.seconds, self.process.kill)
        timer.start()
        self.said = self.process.stdout.readline().strip()
        timer.cancel()
        if not self.said:
            lines = self.process.communicate()[1].strip().splitlines()
            self.error = lines[-1] if lines else "it was not done in time"
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            try:
                self.process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.communicate()


class Watch:
    """The most GPU memory that a process uses, in MiB, looked at again and again from another thread."""

    def __init__(self):
        self.pid = None
        self.most = self.most_of_all = 0
        self.ended = threading.Event()
        self.read = self.nvml() or self.smi
        _, self.before = self.read()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def follow(self, pid):
        self.pid = pid
        self.thread.start()

    def look(self):
        while not self.ended.is_set():
            own, of_all = self.read()
            self.most, self.most_of_all = max(self.most, own), max(self.most_of_all, of_all)
            self.ended.wait(0.02)

    def stop(self):
        """That of the process; where the driver does not tell it, what it added to all; None if neither."""
        self.ended.set()
        self.thread.join(10)
        return self.most or max(0, self.most_of_all - self.before) or None

    def nvml(self):
        """By Python's bindings of NVML, if they are here."""
        try:
            import pynvml

            pynvml.nvmlInit()
            gpu = pynvml.nvmlDeviceGetHandleByIndex(0)
        except Exception:
            return None

        def read():
            try:
                processes = pynvml.nvmlDeviceGetComputeRunningProcesses(gpu)
                own = sum(process.usedGpuMemory or 0 for process in processes if process.pid == self.pid)
                return own / 2**20, pynvml.nvmlDeviceGetMemoryInfo(gpu).used / 2**20
            except pynvml.NVMLError:
                return 0, 0

        return read

    def smi(self):
        own = 0
        for line in nvidia_smi(
            "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"
        ).splitlines():
            pid, _, used = line.partition(",")
            if pid.strip() == str(self.pid) and used.strip().isdigit():
                own += int(used)
        of_all = nvidia_smi("--id=0", "--query-gpu=memory.used", "--format=csv,noheader,nounits").strip()
        return own, int(of_all) if of_all.isdigit() else 0


def nvidia_smi(*query):
    """What it prints, or nothing."""
    try:
        done = subprocess.run(["nvidia-smi", *query], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def torch_folder():
    """Where this Python's torch is, without importing it."""
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def torch_version(folder):
    for line in (folder / "version.py").read_text(encoding="utf-8").splitlines():
        if line.startswith("__version__"):
            return line.split("'")[1]
    return "unknown"


def read_counts(file):
    """The numbers of the last line that the counting library has written."""
    if not file.is_file():
        return {}
    words = file.read_text().splitlines()[-1].split()
    return {name: int(value) for name, value in (word.split("=") for word in words)}


def psnr(one, other):
    """Of two BMP pictures, in dB."""
    width, height, rows = networks.read_bmp(one)
    other_width, other_height, other_rows = networks.read_bmp(other)
    if (width, height) != (other_width, other_height):
        raise ValueError(f"{one} and {other} are not of one size")
    squares = sum((a - b) ** 2 for row, line in zip(rows, other_rows) if row != line for a, b in zip(row, line))
    return 10 * math.log10(255**2 * width * height * 3 / squares) if squares else math.inf


def size(text):
    width, _, height = text.partition("x")
    return int(width), int(height)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--device", default="cuda:0", choices=["cuda:0", "cpu"], help="cpu is a dry run at small sizes"
    )
    parser.add_argument("--dreamer", metavar="FILE", help="the program")
    parser.add_argument(
        "--models", metavar="FOLDER", help="weights [default: models/ beside this file, then $DREAMER_MODELS]"
    )
    parser.add_argument("--photo", metavar="FILE", type=Path, help="photograph to dream on [default: the sample]")
    parser.add_argument("--out", metavar="FILE", help="write the report as JSON")
    parser.add_argument("--budget", metavar="SECONDS", type=float, default=280)
    parser.add_argument("--threads", type=int, help="processors of one dream [default: half of them]")
    parser.add_argument(
        "--size", metavar="WxH", type=size, help="of the steps that are measured [default: 1920x1080]"
    )
    parser.add_argument(
        "--parity-size", type=int, help="longer side of the dreams that are compared [default: 640]"
    )
    parser.add_argument("--rounds", type=int, help="pairs of runs, dreamer's and PyTorch's in turns [default: 3]")
    options = parser.parse_args()

    gpu = options.device != "cpu"
    options.cpus = len(os.sched_getaffinity(0))
    options.threads = options.threads or (max(1, options.cpus // 2) if gpu else 1)
    options.size = options.size or ((1920, 1080) if gpu else (256, 144))
    options.parity_size = options.parity_size or (640 if gpu else 160)
    options.rounds = options.rounds or (3 if gpu else 2)
    options.bus_steps = (10, 20) if gpu else (2, 4)
    options.warm_steps, options.least_steps = (20, 30) if gpu else (1, 4)
    # Seconds of steps in a run, beside which its start must count for little.
    options.timed_seconds = 2 if gpu else 0.3
    # Seconds that the checks after the speed are to have.
    options.reserve = 75 if gpu else 0
    samples = [HERE / "photo.jpg", HERE.parent / "samples/mountains.jpg"]
    options.photo = options.photo or next((file for file in samples if file.is_file()), None)
    if options.photo is None:
        sys.exit("gpu_check: there is no photograph here; name one with --photo FILE")

    with tempfile.TemporaryDirectory(prefix="gpu_check.") as folder:
        check = Check(options, Path(folder))
        check.all()
    report = check.report
    seconds = time.monotonic() - check.started
    verdicts = {verdict: report.count(verdict) for verdict in ("pass", "FAIL", "skip", "told")}
    print(f"{verdicts['pass']} passed, {verdicts['FAIL']} failed, {verdicts['skip']} skipped, in {seconds:.0f} s")
    if options.out:
        told = {"device": options.device, "seconds": seconds, "verdicts": verdicts, "lines": report.lines}
        Path(options.out).write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 1 if verdicts["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
