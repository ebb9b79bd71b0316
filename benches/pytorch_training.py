"""The same training in plain eager PyTorch, as one would write it: what `dreamer train` is measured against.

    python benches/pytorch_training.py NETWORK FOLDER --learning-rate R [--momentum M] --batch-size N ...

NETWORK is `lenet`, `mlp` or `vgg_bn`, which is trained on adversarial examples of --radius; FOLDER holds `training` and `test` pictures and labels, a byte a value. For
each line read one epoch is trained and `SECONDS TEST_ERROR` printed; the seconds are the epoch's, from
shuffling to the last step.
"""

import argparse
import pathlib
import sys
import time

import torch
from torch import nn

CLASSES = 10


def lenet():
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, CLASSES),
    )
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.kaiming_normal_(parameter, nonlinearity="relu")
        else:
            nn.init.zeros_(parameter)
    return model


def mlp():
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 30),
        nn.Sigmoid(),
        nn.Linear(30, CLASSES),
        nn.Sigmoid(),
    )
    for parameter in model.parameters():
        nn.init.normal_(parameter)
    return model


def vgg_bn():
    layers, before = [], 1
    for block, maps in enumerate([24, 48, 96]):
        if block:
            layers.append(nn.AvgPool2d(2))
        for _ in range(2):
            layers += [nn.Conv2d(before, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU(inplace=True)]
            before = maps
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, CLASSES))


def adversarial(model, criterion, inputs, targets, options, steps=3):
    """The inputs, changed by up to the radius in L2, in values of 0..1, so that the loss grows."""
    radius = options.radius / options.deviation
    least, most = [(value - options.mean) / options.deviation for value in (0, 1)]
    norm = lambda values: values.flatten(1).norm(dim=1).view(-1, 1, 1, 1).clamp_min(1e-12)
    change = torch.zeros_like(inputs)
    for _ in range(steps):
        change.requires_grad_(True)
        (gradient,) = torch.autograd.grad(criterion(model(inputs + change), targets), change)
        with torch.no_grad():
            change = change + gradient / norm(gradient) * (2.5 / steps * radius)
            change = change * (radius / norm(change)).clamp(max=1)
            change = (inputs + change).clamp(least, most) - inputs
    return inputs + change


def read(folder, part, options):
    """All pictures, preprocessed, and their labels."""
    pixels = torch.frombuffer(bytearray((folder / f"{part}.pixels").read_bytes()), dtype=torch.uint8)
    labels = torch.frombuffer(bytearray((folder / f"{part}.labels").read_bytes()), dtype=torch.uint8)
    inputs = (pixels.view(len(labels), 1, 28, 28).float() / 255 - options.mean) / options.deviation
    return inputs, labels.long()


def epoch(model, optimizer, criterion, inputs, targets, options):
    batch_size = options.batch_size
    order = torch.randperm(len(inputs))
    for start in range(0, len(inputs), batch_size):
        indices = order[start : start + batch_size]
        pictures = inputs[indices]
        if options.radius:
            pictures = adversarial(model, criterion, pictures, targets[indices], options)
        optimizer.zero_grad()
        loss = criterion(model(pictures), targets[indices])
        loss.backward()
        optimizer.step()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=["lenet", "mlp", "vgg_bn"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--mean", type=float, default=0)
    parser.add_argument("--deviation", type=float, default=1)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--momentum", type=float, default=0)
    parser.add_argument("--radius", type=float, default=0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)

    inputs, labels = read(options.folder, "training", options)
    test_inputs, test_labels = read(options.folder, "test", options)
    rate = options.learning_rate
    if options.network != "mlp":
        model = lenet() if options.network == "lenet" else vgg_bn()
        criterion, targets = nn.CrossEntropyLoss(), labels
    else:
        model, criterion = mlp(), nn.MSELoss()
        targets = nn.functional.one_hot(labels, CLASSES).float()
        # MSELoss is a mean over the classes, the quadratic cost half a sum.
        rate *= CLASSES / 2
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=options.momentum)

    for _ in sys.stdin:
        start = time.perf_counter()
        epoch(model, optimizer, criterion, inputs, targets, options)
        seconds = time.perf_counter() - start
        model.eval()
        with torch.no_grad():
            error = (model(test_inputs).argmax(1) != test_labels).float().mean().item()
        model.train()
        print(seconds, error, flush=True)


main()
