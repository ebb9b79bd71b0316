"""The same dream in plain eager PyTorch, as one would write it: what dreamer is measured against.

    python benches/pytorch_dream.py dream PHOTO OUTPUT --model M --weights FILE --layer L [--octaves 4 ...]
    python benches/pytorch_dream.py folder PHOTOS OUTPUT --model M --weights FILE --layer L
    python benches/pytorch_dream.py steps HEIGHT WIDTH COUNT --model M --weights FILE --layer L
    python benches/pytorch_dream.py matmul

`steps` prints the milliseconds of each gradient step, `matmul` the machine's matrix-multiply rate in
GFLOP/s. The network is torchvision's, cut after the layer, its parameters frozen.
"""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
import torchvision
from safetensors.torch import load_file

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


class Reached(Exception):
    """The layer has been computed: nothing beyond it is."""


class Dreamer:
    def __init__(self, name, weights, layer, device="cpu"):
        build = getattr(torchvision.models, name)
        options = {"transform_input": True} if name in ("googlenet", "inception_v3") else {}
        if name == "googlenet":
            options.update(aux_logits=False, init_weights=False)
        if name == "inception_v3":
            options.update(init_weights=False)
        self.model = build(weights=None, **options)
        self.model.load_state_dict(load_file(weights), strict=False)
        self.model.eval().requires_grad_(False).to(device)
        self.device = device
        self.model.get_submodule(layer).register_forward_hook(self.keep)

    def keep(self, _module, _input, output):
        self.activation = output
        raise Reached

    def gradient(self, x):
        x = x.detach().requires_grad_(True)
        try:
            self.model((x - MEAN.to(self.device)) / DEVIATION.to(self.device))
        except Reached:
            pass
        score = 0.5 * self.activation.square().sum()
        (gradient,) = torch.autograd.grad(score, x)
        return gradient

    def step(self, x, step, roll):
        x = torch.roll(x, roll, (2, 3))
        gradient = self.gradient(x)
        x = x + step / 255 * gradient / gradient.abs().mean()
        return torch.roll(x, (-roll[0], -roll[1]), (2, 3)).clamp(0, 1)


def dream(dreamer, image, options):
    generator = torch.Generator().manual_seed(0)
    height, width = image.shape[2:]
    detail = None
    for octave in range(options.octaves):
        factor = options.octave_scale ** (options.octaves - 1 - octave)
        size = (round(height / factor), round(width / factor))
        base = F.interpolate(image, size, mode="bilinear", antialias=True) if size != (height, width) else image
        if detail is None:
            detail = torch.zeros_like(base)
        x = base + F.interpolate(detail, size, mode="bilinear")
        for _ in range(options.iterations):
            roll = torch.randint(-options.jitter, options.jitter + 1, (2,), generator=generator).tolist()
            x = dreamer.step(x, options.step, tuple(roll))
        detail = x - base
    return x


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["dream", "folder", "steps", "matmul"])
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--model")
    parser.add_argument("--weights")
    parser.add_argument("--layer")
    parser.add_argument("--octaves", type=int, default=4)
    parser.add_argument("--octave-scale", type=float, default=1.4)
    parser.add_argument("--iterations", type=int, default=10)
    parser.add_argument("--step", type=float, default=1.5)
    parser.add_argument("--jitter", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    if options.what == "matmul":
        a, b = torch.rand(3072, 3072), torch.rand(3072, 3072)
        a @ b
        times = []
        for _ in range(7):
            start = time.perf_counter()
            a @ b
            times.append(time.perf_counter() - start)
        print(2 * 3072**3 / min(times) / 1e9)
        return

    dreamer = Dreamer(options.model, options.weights, options.layer, options.device)
    if options.what == "steps":
        height, width, count = map(int, options.arguments)
        x = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0)).to(options.device)
        for index in range(count + 1):
            start = time.perf_counter()
            x = dreamer.step(x, options.step, (index, -index))
            if options.device != "cpu":
                torch.cuda.synchronize()
            if index > 0:
                print((time.perf_counter() - start) * 1e3, flush=True)
        return

    from torchvision.io import ImageReadMode, read_image, write_jpeg, write_png

    if options.what == "folder":
        photos, output = map(Path, options.arguments)
        output.mkdir()
        for photo in sorted(photos.iterdir()):
            image = read_image(str(photo), ImageReadMode.RGB)[None].float() / 255
            result = dream(dreamer, image.to(options.device), options)[0].cpu()
            write_jpeg((result * 255).round().to(torch.uint8), str(output / photo.name), quality=95)
        return

    photo, output = options.arguments
    image = read_image(photo, ImageReadMode.RGB)[None].float() / 255
    result = dream(dreamer, image.to(options.device), options)[0].cpu()
    write_png((result * 255).round().to(torch.uint8), output)


main()
