"""Photographs of a page on a table, as phones take them."""

import io
from functools import cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

SIZE = (3000, 4000)
TABLE, PAPER, INK, STAMP = (110, 75, 45), (250, 250, 245), (30, 30, 40), (200, 20, 20)
CORNERS = [(420, 380), (2560, 340), (2620, 3560), (400, 3600)]
BELOW = [(420, 1400), (2560, 1360), (2620, 4700), (400, 4740)]  # its lower edge is not on it
SIDEWAYS = 6  # EXIF: the camera was held upright and has saved its picture lying on its side
ORIENTATION = 0x112


def photo(corners=CORNERS, *, blur=1, light=1.0):
    """Return a JPEG of 12 megapixels and some 4 MB, lying on its side, of a page with a red stamp.

    The stamp is in the upper part of the page, to the left.
    """
    picture = Image.new("RGB", SIZE, TABLE)
    drawing = ImageDraw.Draw(picture)
    drawing.polygon(corners, fill=PAPER)
    left, top = corners[0]
    font = ImageFont.load_default(52)
    for line in range(34):
        text = f"{line:02} Number 2000000006, issued at Riyadh, valid until 13 March 2027"
        drawing.text((left + 500, top + 200 + 84 * line), text, INK, font)
    drawing.rectangle((left + 100, top + 200, left + 400, top + 500), fill=STAMP)
    picture = picture.filter(ImageFilter.GaussianBlur(blur)).point(lambda value: value * light)
    picture = ImageChops.add(picture, noise(), offset=-128).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[ORIENTATION] = SIDEWAYS
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=90, exif=exif)
    return content.getvalue()


@cache
def noise():
    """Return what a sensor adds in a room, which is most of what a photo weighs."""
    return Image.effect_noise(SIZE, 11).convert("RGB")
