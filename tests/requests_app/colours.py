"""Colour profiles: that of many phones, and that of a press whose yellow ink is blue."""

import struct

from PIL import ImageCms

# The columns of Display P3 as its profile has them: X, Y and Z under D50 (ICC.1, s15Fixed16).
DISPLAY_P3 = {
    b"rXYZ": (0.51512, 0.24120, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.15710, 0.06657, 0.78407),
}
# Colours in Display P3, and the same ones in sRGB (CSS Color 4, `color(display-p3 ...)`).
P3_COLOURS = {(234, 51, 35): (255, 0, 0), (117, 251, 76): (0, 255, 0), (128, 128, 128): (128,) * 3}


def display_p3():
    """Return the profile of Display P3: that of sRGB, whose curve is the same, with its columns."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for column, values in DISPLAY_P3.items():
        place = profile.index(column)
        start = int.from_bytes(profile[place + 4 : place + 8], "big") + 8
        fixed = struct.pack(">iii", *(round(value * 65536) for value in values))
        profile = profile[:start] + fixed + profile[start + 12 :]
    return profile


# Eight-bit Lab, as a profile has it.
_WHITE, _BLACK, _BLUE = bytes([255, 128, 128]), bytes([0, 128, 128]), bytes([82, 207, 20])


def press_with_blue_for_yellow():
    """Return the profile of a press of four inks, of which only the third and black are visible."""
    inks = [_WHITE, _BLACK, _BLUE, _BLACK] * 4  # the last ink changes with each entry
    straight = bytes(range(256))
    identity = struct.pack(">9i", *(65536 if at % 4 == 0 else 0 for at in range(9)))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity
    table += straight * 4 + b"".join(inks) + straight * 3
    daylight = struct.pack(">3i", 63190, 65536, 54061)
    white = b"XYZ " + bytes(4) + daylight
    tags = {b"A2B0": table, b"wtpt": white}
    start = 128 + 4 + 12 * len(tags)
    index, data = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        index += name + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    size = struct.pack(">I", start + len(data))
    kind = size + bytes(4) + b"\2\x40\0\0" + b"prtrCMYKLab "
    date = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head = (kind + date + b"acsp" + bytes(28) + daylight).ljust(128, b"\0")
    return head + index + data
