"""Pictures as phones make them: taken in any of their formats, and kept as JPEG in sRGB."""

import io

import pillow_heif
from PIL import Image

from requests_app.models import Attachment
from tests.requests_app import colours
from tests.requests_app.files import DAMAGED, TOO_MANY_PIXELS, WRONG_TYPE
from tests.requests_app.hostile_files import JPEG, jpeg_of, saved

pillow_heif.register_heif_opener()

SIZE = (128, 96)
RED, WHITE, BLACK = (200, 30, 30), (255, 255, 255), (0, 0, 0)
# How each format is written with hardly any loss.
EXACT = {
    "HEIF": {"quality": -1, "chroma": 444},
    "AVIF": {"quality": 100, "subsampling": "4:4:4", "speed": 9},
    "WEBP": {"lossless": True},
}


def page():
    """Return a white picture with a red corner at the upper left."""
    picture = Image.new("RGB", SIZE, "white")
    picture.paste(RED, (0, 0, 64, 48))
    return picture


def photo(picture_format, picture=None, **options):
    return saved(picture or page(), picture_format, **EXACT[picture_format] | options)


PHOTOS = {picture_format: photo(picture_format) for picture_format in EXACT}


def shown(stored):
    """Return the stored picture, which has to be a JPEG."""
    picture = Image.open(io.BytesIO(stored), formats=["JPEG"])
    picture.load()
    return picture


def is_like(picture, place, colour, tolerance=6):
    near = zip(picture.convert("RGB").getpixel(place), colour, strict=True)
    return all(abs(found - expected) <= tolerance for found, expected in near)


def is_page(picture):
    corners = ((20, 20), RED), ((100, 20), WHITE), ((20, 80), WHITE), ((100, 80), WHITE)
    return picture.size == SIZE and all(is_like(picture, *corner) for corner in corners)


# Formats


def test_each_format_of_phones_becomes_a_jpeg(send_file, keep_file):
    for name, picture_format in (
        ("scan.heic", "HEIF"),
        ("صورة.HEIF", "HEIF"),
        ("scan.avif", "AVIF"),
        ("scan.webp", "WEBP"),
        ("scan.pdf", "HEIF"),
    ):
        content = PHOTOS[picture_format]
        with send_file(name, content):
            document = Attachment.objects.get()
            assert document.content_type == "image/jpeg", name
            assert document.original_name == name.rsplit(".", 1)[0] + ".jpg"
        assert is_page(shown(keep_file(name, content))), name


def branded(content, major, *compatible):
    """Return the file with other brands in its first box, which keeps its length."""
    length = int.from_bytes(content[:4], "big")
    brands = (major + bytes(4) + b"".join(compatible)).ljust(length - 8, b"\0")
    return content[:8] + brands + content[length:]


def test_format_is_told_by_brand(keep_file, refuse_files):
    for picture_format, major, compatible in (
        ("HEIF", b"heix", b"mif1"),
        ("HEIF", b"mif1", b"heic"),
        ("HEIF", b"msf1", b"heic"),
        ("HEIF", b"mif1", b"mif1"),
        ("AVIF", b"mif1", b"avif"),
    ):
        content = branded(PHOTOS[picture_format], major, compatible)
        assert is_page(shown(keep_file("scan", content))), (major, compatible)
    for major in (b"isom", b"qt  ", b"jp2 "):
        refuse_files({"film.heic": branded(PHOTOS["HEIF"], major, b"heic")}, WRONG_TYPE)


def test_first_picture_of_several_is_kept(keep_file):
    others = [Image.new("RGB", SIZE, "black")] * 3
    for picture_format in EXACT:
        several = photo(picture_format, save_all=True, append_images=others)
        assert is_page(shown(keep_file("moving", several))), picture_format


def test_tiles_of_a_photo_are_put_together(keep_file):
    assert is_page(shown(keep_file("tiles.heic", photo("HEIF", tile_size=64))))


def test_transparent_photo_lies_on_white(keep_file):
    drawing = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    drawing.paste((*RED, 255), (0, 0, 64, 48))
    for picture_format in EXACT:
        assert is_page(shown(keep_file("ink", photo(picture_format, drawing)))), picture_format


def test_photo_of_10_bits_keeps_its_greys(keep_file):
    row = b"".join((x * 1023 // 127 << 6).to_bytes(2, "little") * 3 for x in range(128))
    scan = pillow_heif.from_bytes("RGB;16", (128, 64), row * 64)
    content = io.BytesIO()
    scan.save(content, **EXACT["HEIF"])
    with Image.open(io.BytesIO(content.getvalue())) as picture:
        assert picture.info["bit_depth"] == 10
    picture = shown(keep_file("ten.heic", content.getvalue()))
    for x in (0, 30, 64, 127):
        assert is_like(picture, (x, 30), (x * 255 // 127,) * 3), x


# What a photo tells beside its picture


def test_photo_is_turned_once_and_tells_nothing_else(keep_file):
    exif = Image.Exif()
    exif[0x0112] = 6  # the orientation tag; HEIF and AVIF have a box for it too
    exif[0x010F] = "Camera maker"
    exif.get_ifd(0x8825)[1] = "N"  # the GPS position
    told = {"exif": exif.tobytes(), "xmp": b"<x:xmpmeta>home</x:xmpmeta>"}
    sideways = page().transpose(Image.Transpose.ROTATE_90)
    for picture_format in EXACT:
        content = photo(picture_format, sideways, icc_profile=colours.display_p3(), **told)
        assert b"Camera maker" in content, picture_format
        stored = keep_file("photo", content)
        picture = shown(stored)
        assert picture.size == SIZE, picture_format
        assert is_like(picture, (100, 20), WHITE), picture_format
        assert not is_like(picture, (20, 20), WHITE, 50), picture_format
        assert not picture.getexif(), picture_format
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not any(word in stored for word in (b"Camera", b"home", b"ICC_PROFILE", b"acsp"))


# Colours


def strips(three):
    """Return a picture of an upright strip of each of three colours."""
    picture = Image.new("RGB", SIZE)
    for index, colour in enumerate(three):
        picture.paste(colour, (index * 48, 0, index * 48 + 48, 96))
    return picture


def test_colours_of_display_p3_become_those_of_srgb(keep_file):
    wide = strips(colours.P3_COLOURS)
    for picture_format, options in {"PNG": {}, "JPEG": {"quality": 98}, **EXACT}.items():
        content = saved(wide, picture_format, icc_profile=colours.display_p3(), **options)
        picture = Image.open(io.BytesIO(keep_file("wide", content)))
        for index, here in enumerate(colours.P3_COLOURS.values()):
            assert is_like(picture, (index * 48 + 16, 40), here), (picture_format, here)
        assert "icc_profile" not in picture.info, picture_format


def test_colours_on_white_follow_the_profile_too(keep_file):
    there, here = next(iter(colours.P3_COLOURS.items()))
    ink = Image.new("RGBA", SIZE, (*there, 255))
    ink.paste((0, 0, 0, 0), (64, 0, 128, 96))
    content = saved(ink, "PNG", icc_profile=colours.display_p3())
    picture = Image.open(io.BytesIO(keep_file("ink.png", content)))
    assert is_like(picture, (20, 40), here)
    assert is_like(picture, (100, 40), WHITE)


def test_inks_follow_their_profile(keep_file):
    yellow = Image.new("CMYK", SIZE, (0, 0, 255, 0))
    for profile, seen in (
        (None, (255, 255, 0)),
        (colours.press_with_blue_for_yellow(), (89, 0, 255)),
        (colours.display_p3(), (255, 255, 0)),  # not for inks
        (b"no profile at all", (255, 255, 0)),
    ):
        content = saved(yellow, "JPEG", quality=98, icc_profile=profile)
        assert is_like(shown(keep_file("press.jpg", content)), (60, 40), seen), seen


# Limits


def test_cut_photo_is_damaged(refuse_files):
    for picture_format in EXACT:
        noise = Image.effect_noise((320, 240), 60).convert("RGB")
        whole = saved(noise, picture_format)
        parts = (len(whole) * percent // 100 for percent in (30, 60, 99))
        refuse_files({f"{length}.jpg": whole[:length] for length in parts}, DAMAGED)


def resized(picture_format, width, height):
    """Return a small photo that declares this size."""
    content = PHOTOS[picture_format]
    if picture_format == "WEBP":  # 14 bits each, less one, behind the signature of the lossless
        place = content.index(b"VP8L") + 9
        size = int.from_bytes(content[place : place + 4], "little") >> 28 << 28
        size |= (width - 1) | (height - 1) << 14
        return content[:place] + size.to_bytes(4, "little") + content[place + 4 :]
    place = content.index(b"ispe") + 8
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return content[:place] + size + content[place + 8 :]


def test_photo_of_over_50_million_pixels_is_refused_unread(refuse_files):
    for picture_format in EXACT:
        huge = resized(picture_format, 10_000, 5_001)
        refuse_files({f"{picture_format}.jpg": huge}, TOO_MANY_PIXELS)


def test_photo_that_declares_50_million_pixels_takes_no_more_than_the_limits(send_file):
    for picture_format in EXACT:
        with send_file(picture_format, resized(picture_format, 10_000, 5_000)) as page:
            assert "too many pixels" not in page.content.decode(), picture_format


def test_jpeg_has_200_million_pixels_at_most(keep_file, refuse_files):
    refuse_files({"huge.jpg": jpeg_of(20_000, 10_001)}, TOO_MANY_PIXELS)
    assert shown(keep_file("200.jpg", jpeg_of(20_000, 10_000))).size == (4000, 2000)
    large = saved(Image.new("L", (12_000, 9_000), 200), "JPEG")
    picture = shown(keep_file("108.jpg", large))
    assert picture.size == (4000, 3000)
    assert is_like(picture, (3990, 2990), (200, 200, 200))


def test_jpeg_as_narrow_as_a_line_is_kept(keep_file):
    line = saved(Image.new("L", (65_000, 8), 200), "JPEG")
    assert shown(keep_file("line.jpg", line)).size == (4000, 1)


def test_phone_formats_hide_nothing_behind_the_picture(keep_file):
    for picture_format, content in PHOTOS.items():
        stored = keep_file("behind", content + b"<script>" + JPEG)
        assert b"<script>" not in stored, picture_format
        assert is_page(shown(stored)), picture_format
