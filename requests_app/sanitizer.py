"""Decode an uploaded file and encode it again, in a separate process with limited resources.

`main` reads the file from standard input and writes a `Cleaned` to standard output, of the type
that `uploads.STORED_AS` says. The exit status gives the reason if there is none: a key of
`REFUSALS`. A file that is made to take hours or gigabytes ends only this process. Neither this
module nor those it imports import Django, so that it starts quickly.
"""

import io
import resource
import signal
import sys
from contextlib import suppress

import pillow_heif
from PIL import AvifImagePlugin, Image, ImageCms, ImageOps

from requests_app.cleaned import Cleaned
from requests_app.pdf_sanitizer import new_pdf
from requests_app.refused import Refused

MAX_SECONDS = 4  # of processor time
MAX_MEMORY = 1024**3  # bytes
MAX_PIXELS = 50_000_000
MAX_JPEG_PIXELS = 200_000_000  # a JPEG can be read at a half or a quarter of its size
MAX_SIDE = 4000  # pixels; every letter of a photographed page is readable at this size

Image.MAX_IMAGE_PIXELS = None  # `new_picture` checks the pixels, so that the refusal says why
# Each thread takes memory, and a machine may have many cores.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
# What lies beside a picture, such as a thumbnail or its depth, is not even opened.
pillow_heif.register_heif_opener(
    thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
)

# A status that is not here says nothing about the file: the process could not begin, for example.
REFUSALS = {
    10: "too_many_pixels",
    11: "too_many_pages",
    12: "encrypted",
    20: "cut_off",
    21: "form_program",
    22: "nothing_to_show",
    23: "inflates",
    24: "exhausting",
    25: "damaged",
    -signal.SIGXCPU: "exhausting",
    -signal.SIGKILL: "exhausting",  # sent at the hard limit of processor time
    -signal.SIGSEGV: "damaged",
    -signal.SIGBUS: "damaged",
    -signal.SIGABRT: "damaged",
}

# The format of a picture, and that of the new one.
_PICTURE_FORMATS = {
    "image/jpeg": ("JPEG", "JPEG"),
    "image/png": ("PNG", "PNG"),
    "image/heif": ("HEIF", "JPEG"),
    "image/avif": ("AVIF", "JPEG"),
    "image/webp": ("WEBP", "JPEG"),
}


def new_picture(original: bytes, picture_format: str, new_format: str) -> bytes:
    """Encode the picture again: upright, in sRGB, without location, camera or any hidden data."""
    with Image.open(io.BytesIO(original), formats=[picture_format]) as picture:
        is_jpeg = picture_format == "JPEG"
        if picture.width * picture.height > (MAX_JPEG_PIXELS if is_jpeg else MAX_PIXELS):
            raise Refused("too_many_pixels")
        if is_jpeg:
            picture.draft(None, _size_to_keep(picture))
        picture.load()
        picture.thumbnail((MAX_SIDE, MAX_SIDE))
        ImageOps.exif_transpose(picture, in_place=True)
        new = _in_srgb(_flatten_onto_white(picture), picture.info.get("icc_profile"))
        new.info.clear()
        output = io.BytesIO()
        new.save(output, new_format, quality=85, compress_level=3)
    return output.getvalue()


def _size_to_keep(picture: Image.Image) -> tuple[int, int]:
    """Return the size with MAX_SIDE on the long side, even for a smaller picture."""
    width, height = (max(1, side * MAX_SIDE // max(picture.size)) for side in picture.size)
    return width, height


def _flatten_onto_white(picture: Image.Image) -> Image.Image:
    """Return the picture in 8-bit grey, colours or inks, on white instead of transparency."""
    if picture.mode in ("I", "I;16", "I;16B", "I;16L"):
        return picture.convert("I").point(lambda grey: grey / 256).convert("L")
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        background = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(background, rgba).convert("RGB")
    return picture if picture.mode in ("RGB", "L", "CMYK") else picture.convert("RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in grey or sRGB; a profile that is broken or of other colours is none."""
    if profile:
        with suppress(OSError, ImageCms.PyCMSError):
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            return ImageCms.buildTransform(theirs, srgb, picture.mode, "RGB").apply(picture)
    return picture if picture.mode in ("RGB", "L") else picture.convert("RGB")


def main(content_type: str) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    original = sys.stdin.buffer.read()
    try:
        cleaned = _clean(original, content_type)
    except Refused as refused:
        return _status(str(refused))
    except MemoryError:
        return _status("exhausting")
    except Exception:  # whatever the libraries raise for a file that is none
        return _status("damaged")
    sys.stdout.buffer.write(cleaned.to_bytes())
    return 0


def _clean(original: bytes, content_type: str) -> Cleaned:
    if content_type in _PICTURE_FORMATS:
        return Cleaned(new_picture(original, *_PICTURE_FORMATS[content_type]))
    return new_pdf(original)


def _status(reason: str) -> int:
    return next(status for status, each in REFUSALS.items() if each == reason and status > 0)
