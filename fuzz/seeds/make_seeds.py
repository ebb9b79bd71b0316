"""Writes the fuzzers' small first inputs for which the tests have no fixtures: pictures, data sets, and what
a trained network's file says about itself. Needs Pillow and NumPy."""

import gzip
import io
import json
import struct
from pathlib import Path

import numpy
from PIL import Image, ImageCms

HERE = Path(__file__).parent
WEIGHTS = HERE.parent.parent / "models/motifs.safetensors"


def main() -> None:
    for folder, files in {
        "cifar10": cifar10(),
        "description": descriptions(),
        "mnist": mnist(),
        "picture": pictures(),
    }.items():
        (HERE / folder).mkdir(exist_ok=True)
        for name, content in files.items():
            (HERE / folder / name).write_bytes(content)


def packed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files, and the same compressed."""
    return files | {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in files.items()}


def cifar10() -> dict[str, bytes]:
    batch = bytes([3]) + bytes(3072) + bytes([9]) + bytes(range(256)) * 12
    return {"batch.bin.gz": gzip.compress(batch, mtime=0)}


def mnist() -> dict[str, bytes]:
    def idx(extents: list[int], values: bytes) -> bytes:
        return struct.pack(f">I{len(extents)}I", 0x0800 | len(extents), *extents) + values

    return packed({"pictures": idx([1, 3, 2], bytes(range(6))), "labels": idx([1], bytes([7]))})


def descriptions() -> dict[str, bytes]:
    """The one of the built-in network, and others made of it."""
    content = WEIGHTS.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    text = json.loads(content[8 : 8 + length])["__metadata__"]["dreamer"]
    files = {"vgg.json": text.encode()}
    networks = {
        "lenet": ("lenet:maps=6-16,kernel=5,hidden=120-84", 28),
        "lenet5": ("lenet5", 32),
        "mlp": ("mlp:784-30-10", 28),
    }
    for name, (network, side) in networks.items():
        description = json.loads(text)
        del description["result"]
        description["network"] = description["settings"]["network"] = network
        description["classes"] = [str(digit) for digit in range(10)]
        description["form"] |= {
            "shape": {"channels": 1, "height": side, "width": side},
            "classes": 10,
            "activation": "sigmoid",
            "dropout": 0.5,
            "preprocessing": {"mean": [0.5], "deviation": [0.5]},
        }
        files[f"{name}.json"] = json.dumps(description, separators=(",", ":")).encode()
    return files


def pictures() -> dict[str, bytes]:
    random = numpy.random.default_rng(1)
    rgba = Image.fromarray(random.integers(0, 256, (5, 7, 4), dtype=numpy.uint8), "RGBA")
    rgb = rgba.convert("RGB")
    grey = rgb.convert("L")
    deep = Image.fromarray(random.integers(0, 65536, (5, 7), dtype=numpy.uint16))
    real = Image.fromarray(random.random((5, 7), dtype=numpy.float32))
    palette = rgb.quantize(16)
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
        content = io.BytesIO()
        picture.save(content, kind, **options)
        return content.getvalue()

    files = {
        "cmyk.jpg": encoded(rgb.convert("CMYK"), "JPEG"),
        "exif.jpg": encoded(rgb, "JPEG", exif=exif),
        "grey.jpg": encoded(grey, "JPEG"),
        "progressive.jpg": encoded(rgb, "JPEG", progressive=True, subsampling=2),
        "profile.jpg": encoded(rgb, "JPEG", icc_profile=profile),
        "rgb.jpg": encoded(rgb, "JPEG", comment="dreamer:{}"),
        "deep.png": encoded(deep, "PNG"),
        "palette.png": encoded(palette, "PNG", transparency=0),
        "profile.png": encoded(rgb, "PNG", icc_profile=profile),
        "rgba.png": encoded(rgba, "PNG", exif=exif),
        "one_bit.png": encoded(grey.convert("1"), "PNG"),
        "lossless.webp": encoded(rgba, "WEBP", lossless=True),
        "lossy.webp": encoded(rgb, "WEBP", exif=exif),
        "lossy_alpha.webp": encoded(rgba, "WEBP"),
        "animated.webp": encoded(rgb, "WEBP", save_all=True, append_images=[rgba]),
        "animated.gif": encoded(palette, "GIF", save_all=True, append_images=[palette.rotate(180)]),
        "transparent.gif": encoded(palette, "GIF", transparency=0),
        "palette.bmp": encoded(palette, "BMP"),
        "rgb.bmp": encoded(rgb, "BMP"),
        "rgba.bmp": encoded(rgba, "BMP"),
        "one_bit.bmp": encoded(grey.convert("1"), "BMP"),
        "deep.tif": encoded(deep, "TIFF"),
        "real.tif": encoded(real, "TIFF"),
        "rgba.tif": encoded(rgba, "TIFF", exif=exif),
    }
    for compression in ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"]:
        files[f"{compression}.tif"] = encoded(rgb, "TIFF", compression=compression)
    files["group4.tif"] = encoded(grey.convert("1"), "TIFF", compression="group4")
    return files


if __name__ == "__main__":
    main()
