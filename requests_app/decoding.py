"""Takes an uploaded file apart and makes it anew, in a process of its own with little to spend.

`python decoding.py image/jpeg|image/png|application/pdf` reads the file from standard input and
writes the new one to standard output. The exit status says why there is none: one of `REFUSALS`,
and any other, a crash included, that the file cannot be read. A file made to take hours or
gigabytes ends this process and nothing else. It knows no Django, so that it starts quickly.
"""

import io
import resource
import sys
from collections.abc import Iterator

import pikepdf
from PIL import Image, ImageOps

MAX_SECONDS = 4  # of processor time
MAX_MEMORY = 1024**3  # bytes
MAX_PIXELS = 50_000_000
MAX_SIDE = 4000  # pixels; a page photographed at this size can be read to the last letter
MAX_PAGES = 100

Image.MAX_IMAGE_PIXELS = None  # counted here instead, so that the refusal says why

REFUSALS = {10: "too_many_pixels", 11: "too_many_pages", 12: "encrypted", 13: "active"}

_PICTURE_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
_ACTIVE_KEYS = ("/JS", "/AA", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent")
_ACTIVE_ACTIONS = (
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/Rendition",
    "/RichMediaExecute",
    # To another file, or what is in one: on a share, that tells who has opened this one.
    "/GoToR",
    "/GoToE",
    "/Thread",
)


class Refused(Exception):
    """The file can be read and is not taken; the argument is one of the reasons in REFUSALS."""


def new_picture(original: bytes, picture_format: str) -> bytes:
    """The picture decoded and encoded again: upright, without place, camera or anything hidden."""
    with Image.open(io.BytesIO(original), formats=[picture_format]) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise Refused("too_many_pixels")
        picture.draft(None, (MAX_SIDE, MAX_SIDE))
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
        picture.thumbnail((MAX_SIDE, MAX_SIDE))
        new = _as_on_white_paper(picture)
        new.info.clear()
        output = io.BytesIO()
        new.save(output, picture_format, quality=85, compress_level=3)
    return output.getvalue()


def _as_on_white_paper(picture: Image.Image) -> Image.Image:
    """Grey or in colours of 8 bits each, without anything one could see through."""
    if picture.mode in ("I", "I;16", "I;16B", "I;16L"):
        return picture.convert("I").point(lambda grey: grey / 256).convert("L")
    if picture.has_transparency_data:
        seen_through = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, seen_through).convert("RGB")
    return picture if picture.mode in ("RGB", "L") else picture.convert("RGB")


def new_pdf(original: bytes) -> bytes:
    """The PDF written anew; refused when it is encrypted or could do something when opened."""
    try:
        pdf = pikepdf.open(io.BytesIO(original))
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None
    with pdf:
        if not pdf.pages:
            raise ValueError("no page")
        if len(pdf.pages) > MAX_PAGES:
            raise Refused("too_many_pages")
        if any(map(_is_active, _dictionaries(pdf))):
            raise Refused("active")
        for dictionary, key in ((pdf.trailer, "/Info"), (pdf.Root, "/Metadata")):
            if key in dictionary:
                del dictionary[key]  # who wrote it, and with what
        output = io.BytesIO()
        # Streams stay as they are packed: unpacking one could fill the memory.
        packed = pikepdf.StreamDecodeLevel.none
        pdf.save(output, stream_decode_level=packed, compress_streams=False, deterministic_id=True)
    return output.getvalue()


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every dictionary of the file, however deep; references are met where they point to."""
    waiting = [pdf.trailer, *pdf.objects]
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            yield item
            values = [item[key] for key in item.keys()]  # noqa: SIM118
        elif isinstance(item, pikepdf.Array):
            values = list(item)
        else:
            continue
        waiting.extend(
            value for value in values if isinstance(value, pikepdf.Object) and not value.is_indirect
        )


def _is_active(dictionary: pikepdf.Object) -> bool:
    if any(key in dictionary for key in _ACTIVE_KEYS):
        return True
    if isinstance(dictionary, pikepdf.Stream) and "/F" in dictionary:
        return True  # its content lies in another file
    opening = dictionary.get("/OpenAction")
    if isinstance(opening, pikepdf.Dictionary) and opening.get("/S") != "/GoTo":
        return True
    action = dictionary.get("/S")
    return isinstance(action, pikepdf.Name) and str(action) in _ACTIVE_ACTIONS


def main(content_type: str) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    original = sys.stdin.buffer.read()
    try:
        if content_type in _PICTURE_FORMATS:
            new = new_picture(original, _PICTURE_FORMATS[content_type])
        else:
            new = new_pdf(original)
    except Refused as refused:
        return next(status for status, reason in REFUSALS.items() if reason == str(refused))
    sys.stdout.buffer.write(new)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
