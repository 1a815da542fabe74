"""Decode an uploaded file and encode it again, in a child of the decoder. Imports no Django."""

import io
from collections.abc import Sequence
from contextlib import suppress

import pillow_heif
from PIL import AvifImagePlugin, Image, ImageCms, ImageOps, PngImagePlugin

from requests_app.cleaned import PREVIEW_SIDE, Cleaned
from requests_app.pdf_sanitizer import new_pdf
from requests_app.refused import Refused

MAX_PIXELS = 50_000_000
MAX_JPEG_PIXELS = 200_000_000  # a JPEG can be read at a half or a quarter of its size
MAX_SIDE = 4000  # pixels; every letter of a photographed page is readable at this size

Image.MAX_IMAGE_PIXELS = None  # `new_picture` checks the pixels, so that the refusal says why
# The profile of an ink, or the source that an editor puts beside a drawing, takes over a megabyte.
PngImagePlugin.MAX_TEXT_CHUNK = 8 * 1024**2
# Each thread takes memory, and a machine may have many cores.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
# What lies beside a picture, such as a thumbnail or its depth, is not even opened.
pillow_heif.register_heif_opener(
    thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
)

# The format of a picture, and that of the new one.
_PICTURE_FORMATS = {
    "image/jpeg": ("JPEG", "JPEG"),
    "image/png": ("PNG", "PNG"),
    "image/heif": ("HEIF", "JPEG"),
    "image/avif": ("AVIF", "JPEG"),
    "image/webp": ("WEBP", "JPEG"),
}


def new_picture(original: bytes, picture_format: str, new_format: str) -> Cleaned:
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
        output, preview = io.BytesIO(), io.BytesIO()
        new.save(output, new_format, quality=85, compress_level=3)
        new.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
        new.save(preview, "JPEG", quality=70)
    return Cleaned(output.getvalue(), preview=preview.getvalue())


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


def clean(original: bytes, content_type: str, roots: Sequence[bytes]) -> Cleaned:
    """Return a new file of the type that `uploads.STORED_AS` says.

    `roots` are the certificates, in DER, that signatures may lead to.
    Refused with a reason; any other error if the file is damaged.
    """
    if content_type in _PICTURE_FORMATS:
        return new_picture(original, *_PICTURE_FORMATS[content_type])
    return new_pdf(original, roots)
