"""JPEGs inside of other files, without what they tell about place and camera. Imports no Django.

Both kinds: JPEG, and JPEG 2000 as a file of boxes or as bare points.
"""

import re

_START, _END, _START_OF_SCAN = b"\xff\xd8", 0xD9, 0xDA
_COMMENT, _PROFILE, _ADOBE = 0xFE, 0xE2, 0xEE
_APPLICATIONS = range(0xE1, 0xF0)  # after that of JFIF
_PROFILE_NAME = b"ICC_PROFILE\0"
# Among the points, 0xFF stands before 0 or the mark of a restart.
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")

_START_2000, _START_OF_TILE, _COMMENT_2000 = b"\xff\x4f", 0x90, 0x64
_SIGNATURE_2000 = b"\0\0\0\x0cjP  "
_POINTS = b"jp2c"
_BOXES_OF_BOXES = {b"jp2h", b"jpch", b"jplh", b"res "}
# What says how the points look; beside it lie texts, addresses, Exif and rights.
_KEPT_BOXES = {
    *(b"jP  ", b"ftyp", b"rreq", b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef", b"cgrp"),
    *(b"opct", b"resc", b"resd", _POINTS, *_BOXES_OF_BOXES),
}


def without_metadata(jpeg: bytes) -> bytes:
    """Return the JPEG without Exif, texts, comments and what lies behind it, its points untouched.

    What is no JPEG is returned as it is.
    """
    start = jpeg.find(_START)
    if start < 0:
        return jpeg
    kept, place, in_scan = [_START], start + len(_START), False
    while found := _MARKER.search(jpeg, place):
        if in_scan:
            kept.append(jpeg[place : found.start()])
        marker, place = found[1][0], found.end()
        if marker == _END:
            return b"".join([*kept, bytes((0xFF, _END))])
        end = place + int.from_bytes(jpeg[place : place + 2])
        if not _is_metadata(marker, jpeg[place + 2 : end]):
            kept += (bytes((0xFF, marker)), jpeg[place:end])
        # A text between two scans ends the first of them no less.
        in_scan = marker == _START_OF_SCAN
        place = end
    return b"".join([*kept, jpeg[place:] if in_scan else b""])


def without_metadata_2000(picture: bytes) -> bytes:
    """Return the JPEG 2000 without Exif, texts and comments, its points untouched.

    Nothing is left of what is in no known box; what is no JPEG 2000 is returned as it is.
    """
    if picture.startswith(_SIGNATURE_2000):
        return _known_boxes(picture)
    return _without_comments(picture) if picture.startswith(_START_2000) else picture


def _is_metadata(marker: int, content: bytes) -> bool:
    # A profile of colours and Adobe's mark of the kind of colours say how the points look.
    if marker == _ADOBE or (marker == _PROFILE and content.startswith(_PROFILE_NAME)):
        return False
    return marker == _COMMENT or marker in _APPLICATIONS


def _without_comments(points: bytes) -> bytes:
    """Return the points of a JPEG 2000 without the comments before their first tile."""
    kept, place = [_START_2000], len(_START_2000)
    while len(points) > place + 4 and points[place] == 0xFF and points[place + 1] != _START_OF_TILE:
        end = place + 2 + int.from_bytes(points[place + 2 : place + 4])
        if points[place + 1] != _COMMENT_2000:
            kept.append(points[place:end])
        place = end
    return b"".join([*kept, points[place:]])


def _known_boxes(boxes: bytes) -> bytes:
    """Return the boxes that are kept (ISO/IEC 15444-1, annex I), and those inside of them."""
    kept, place = [], 0
    while place + 8 <= len(boxes):
        length, kind = int.from_bytes(boxes[place : place + 4]), boxes[place + 4 : place + 8]
        head = 8
        if length == 1:  # the length follows in eight bytes
            length, head = int.from_bytes(boxes[place + 8 : place + 16]), 16
        end = place + length if length else len(boxes)
        if end < place + head:
            break
        content = boxes[place + head : end]
        if kind in _BOXES_OF_BOXES:
            content = _known_boxes(content)
        elif kind == _POINTS and content.startswith(_START_2000):
            content = _without_comments(content)
        if kind in _KEPT_BOXES:
            # A length of none is for a box that goes on to the end, as the points do.
            size = (len(content) + 8).to_bytes(4) if length else bytes(4)
            kept.append(size + kind + content)
        place = end
    return b"".join(kept)
