"""What gpu_check.py needs of networks: their weights, and the PyTorch program that it measures beside.

    python3 gpu_check_networks.py steps --network N --weights FILE --picture FILE.bmp [--device cuda:0]
    python3 gpu_check_networks.py hold MEBIBYTES

`steps` dreams as plain eager PyTorch does and prints the time of a step, the first score and the
memory as JSON. `hold` takes all of the GPU's memory but so many MiB, says so, and keeps it until its
standard input ends.

Only torch is needed, and only where this file is run: importing it needs nothing.
"""

import argparse
import array
import json
import random
import struct
import sys
import time
from pathlib import Path

# The layer that each network is dreamed at, and how the names of the weights behind it begin, which
# are not needed.
NETWORKS = {
    "bvlc_googlenet": ("inception_4c/output", ("inception_4d", "inception_4e", "inception_5", "loss")),
    "inception_v3": ("Mixed_6b", ("Mixed_6c", "Mixed_6d", "Mixed_6e", "Mixed_7", "AuxLogits", "fc.")),
    "mobilenet_v2": ("features.13", (*(f"features.{index}." for index in range(14, 19)), "classifier")),
    "squeezenet1_0": ("features.12", ("classifier",)),
    "squeezenet1_1": ("features.9", (*(f"features.{index}." for index in range(10, 13)), "classifier")),
}


def read_safetensors(path):
    """Name, type, shape and bytes of each tensor of a file."""
    data = memoryview(Path(path).read_bytes())
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(bytes(data[8 : 8 + length]))
    header.pop("__metadata__", None)
    values = data[8 + length :]
    for name, entry in sorted(header.items()):
        start, end = entry["data_offsets"]
        yield name, entry["dtype"], entry["shape"], values[start:end]


def write_safetensors(path, tensors):
    """A file of (name, type, shape, bytes)."""
    header, at = {}, 0
    for name, dtype, shape, values in tensors:
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + len(values)]}
        at += len(values)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for *_, values in tensors:
            file.write(values)


# Networks as nested lists: (conv, name, width, kernel, stride, padding), each with its ReLU, (pool,
# kernel, stride, padding), (norm,) and (join, branches).


def conv(name, width, kernel=1, stride=1, padding=0):
    return ("conv", name, width, kernel, stride, padding)


def squeezenet(first, plan):
    yield first
    for index, step in enumerate(plan, 2):
        if step == "pool":
            yield ("pool", 3, 2, 0)
            continue
        squeeze, expand = step
        name = f"features.{index}"
        yield conv(f"{name}.squeeze", squeeze)
        yield ("join", [[conv(f"{name}.expand1x1", expand)], [conv(f"{name}.expand3x3", expand, 3, 1, 1)]])


def googlenet():
    """Caffe's of 2015, up to inception_4c."""
    yield conv("conv1/7x7_s2", 64, 7, 2, 3)
    yield ("pool", 3, 2, 0)
    yield ("norm",)
    yield conv("conv2/3x3_reduce", 64)
    yield conv("conv2/3x3", 192, 3, 1, 1)
    yield ("norm",)
    yield ("pool", 3, 2, 0)
    for module, one, reduce3, three, reduce5, five, projection in [
        ("3a", 64, 96, 128, 16, 32, 32),
        ("3b", 128, 128, 192, 32, 96, 64),
        ("4a", 192, 96, 208, 16, 48, 64),
        ("4b", 160, 112, 224, 24, 64, 64),
        ("4c", 128, 128, 256, 24, 64, 64),
    ]:
        if module == "4a":
            yield ("pool", 3, 2, 0)
        name = f"inception_{module}"
        yield (
            "join",
            [
                [conv(f"{name}/1x1", one)],
                [conv(f"{name}/3x3_reduce", reduce3), conv(f"{name}/3x3", three, 3, 1, 1)],
                [conv(f"{name}/5x5_reduce", reduce5), conv(f"{name}/5x5", five, 5, 1, 2)],
                [("pool", 3, 1, 1), conv(f"{name}/pool_proj", projection)],
            ],
        )


FIRES_1_0 = [(16, 64), (16, 64), (32, 128), "pool", (32, 128), (48, 192), (48, 192), (64, 256), "pool", (64, 256)]
FIRES_1_1 = [(16, 64), (16, 64), "pool", (32, 128), (32, 128), "pool", (48, 192)]
LAYOUTS = {
    "bvlc_googlenet": googlenet,
    "squeezenet1_0": lambda: squeezenet(conv("features.0", 96, 7, 2), ["pool", *FIRES_1_0]),
    "squeezenet1_1": lambda: squeezenet(conv("features.0", 64, 3, 2), ["pool", *FIRES_1_1]),
}


def convolutions(layout, channels=3):
    """(name, shape of the weight) of each convolution, and the channels that come out."""
    found = []
    for step in layout:
        if step[0] == "conv":
            _, name, width, kernel, _, _ = step
            found.append((name, (width, channels, kernel, kernel)))
            channels = width
        elif step[0] == "join":
            parts = [convolutions(branch, channels) for branch in step[1]]
            found += [one for part, _ in parts for one in part]
            channels = sum(width for _, width in parts)
    return found, channels


def generate(network, path):
    """Weights of a network that has a layout, the same ones each time."""
    chance = random.Random(network)
    tensors = []
    for name, (width, channels, height, breadth) in convolutions(LAYOUTS[network]())[0]:
        reach = (6 / (channels * height * breadth)) ** 0.5
        count = width * channels * height * breadth
        weight = array.array("f", (reach * (2 * chance.random() - 1) for _ in range(count)))
        bias = array.array("f", (0.1 * (chance.random() - 0.5) for _ in range(width)))
        tensors.append((f"{name}.weight", "F32", (width, channels, height, breadth), weight.tobytes()))
        tensors.append((f"{name}.bias", "F32", (width,), bias.tobytes()))
    write_safetensors(path, tensors)


def read_bmp(path):
    """Width, height and the rows of a picture of 24 bits, from the top, as blue, green and red."""
    data = Path(path).read_bytes()
    (start,) = struct.unpack_from("<I", data, 10)
    width, height, _, bits, packed = struct.unpack_from("<iiHHI", data, 18)
    if data[:2] != b"BM" or bits != 24 or packed != 0:
        raise ValueError(f"{path} is no plain BMP of 24 bits")
    pitch = (width * 3 + 3) // 4 * 4
    rows = [data[start + row * pitch :][: width * 3] for row in range(abs(height))]
    return width, abs(height), rows if height < 0 else rows[::-1]


def write_bmp(path, width, height, rows):
    """The picture that `read_bmp` reads."""
    padding = bytes(-width * 3 % 4)
    size = height * (width * 3 + len(padding))
    head = struct.pack(
        "<2sIHHIIiiHHIIiiII", b"BM", 54 + size, 0, 0, 54, 40, width, height, 1, 24, 0, size, 0, 0, 0, 0
    )
    Path(path).write_bytes(head + b"".join(row + padding for row in reversed(rows)))


def build(torch, network, weights, device):
    """The network in PyTorch, as one would write it, from RGB in 0..1 to the layer."""
    nn = torch.nn
    types = {"F32": torch.float32, "F16": torch.float16}
    values = {
        name: torch.frombuffer(bytearray(data), dtype=types[dtype]).view(shape).float()
        for name, dtype, shape, data in read_safetensors(weights)
        if data
    }

    class Join(nn.Module):
        def __init__(self, branches):
            super().__init__()
            self.branches = nn.ModuleList(branches)

        def forward(self, x):
            return torch.cat([branch(x) for branch in self.branches], 1)

    class Prepare(nn.Module):
        def __init__(self):
            super().__init__()
            caffe = network == "bvlc_googlenet"
            mean = [104.0, 117.0, 123.0] if caffe else [0.485, 0.456, 0.406]
            deviation = [1.0, 1.0, 1.0] if caffe else [0.229, 0.224, 0.225]
            self.caffe = caffe
            self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
            self.register_buffer("deviation", torch.tensor(deviation).view(1, 3, 1, 1))

        def forward(self, x):
            x = x.flip(1) * 255 if self.caffe else x
            return (x - self.mean) / self.deviation

    def sequence(layout, channels):
        layers = []
        for step in layout:
            if step[0] == "conv":
                _, name, width, kernel, stride, padding = step
                layer = nn.Conv2d(channels, width, kernel, stride, padding)
                layer.load_state_dict({"weight": values[f"{name}.weight"], "bias": values[f"{name}.bias"]})
                layers += [layer, nn.ReLU(inplace=True)]
                channels = width
            elif step[0] == "pool":
                _, kernel, stride, padding = step
                layers.append(nn.MaxPool2d(kernel, stride, padding, ceil_mode=True))
            elif step[0] == "norm":
                layers.append(nn.LocalResponseNorm(5, 1e-4, 0.75, 1.0))
            else:
                parts = [sequence(branch, channels) for branch in step[1]]
                layers.append(Join([part for part, _ in parts]))
                channels = sum(width for _, width in parts)
        return nn.Sequential(*layers), channels

    model = nn.Sequential(Prepare(), sequence(LAYOUTS[network](), 3)[0])
    return model.eval().requires_grad_(False).to(device)


def steps(options):
    import torch

    if options.threads:
        torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    model = build(torch, options.network, options.weights, device)
    width, height, rows = read_bmp(options.picture)
    picture = torch.frombuffer(bytearray(b"".join(rows)), dtype=torch.uint8).view(1, height, width, 3)
    x = picture.permute(0, 3, 1, 2).flip(1).float().div(255).contiguous().to(device)

    def gradient(x):
        x = x.detach().requires_grad_(True)
        score = 0.5 * model(x).square().sum()
        return torch.autograd.grad(score, x)[0], score.detach()

    def step(x, roll):
        x = torch.roll(x, roll, (2, 3))
        change, _ = gradient(x)
        x = x + 1.5 / 255 * change / change.abs().mean()
        return torch.roll(x, (-roll[0], -roll[1]), (2, 3)).clamp(0, 1)

    def wait():
        if device.type == "cuda":
            torch.cuda.synchronize()

    chance = random.Random(0)
    score = gradient(x)[1].item()
    result = {"score": score, "torch": torch.__version__}
    for count in (options.warm, options.iterations):
        wait()
        start = time.perf_counter()
        for _ in range(count):
            x = step(x, (chance.randint(-32, 32), chance.randint(-32, 32)))
        wait()
        result["step_ms"] = (time.perf_counter() - start) / count * 1e3
    if device.type == "cuda":
        result["allocated_mib"] = torch.cuda.max_memory_allocated() / 2**20
        result["reserved_mib"] = torch.cuda.max_memory_reserved() / 2**20
    print(json.dumps(result))


def hold(options):
    import torch

    kept, unit, most = [], 2**21, 2**33
    torch.empty(1, device="cuda")
    while most >= unit:
        spare = torch.cuda.mem_get_info()[0] - options.mebibytes * 2**20
        size = min(spare, most) // unit * unit
        if size < unit:
            break
        try:
            kept.append(torch.empty(size, dtype=torch.uint8, device="cuda"))
        except torch.OutOfMemoryError:
            most = size // 2
    print(f"{torch.cuda.mem_get_info()[0] / 2**20:.0f} MiB are left", flush=True)
    sys.stdin.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("steps")
    command.add_argument("--network", required=True, choices=LAYOUTS)
    command.add_argument("--weights", required=True)
    command.add_argument("--picture", required=True)
    command.add_argument("--device", default="cuda:0")
    command.add_argument("--warm", type=int, default=20)
    command.add_argument("--iterations", type=int, default=100)
    command.add_argument("--threads", type=int)
    command.set_defaults(run=steps)
    command = commands.add_parser("hold")
    command.add_argument("mebibytes", type=int)
    command.set_defaults(run=hold)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
