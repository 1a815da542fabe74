"""JPEGs inside of other files: without what they tell about place and camera. Imports no Django."""

_START, _START_OF_SCAN = b"\xff\xd8", 0xDA
_COMMENT, _PROFILE, _ADOBE = 0xFE, 0xE2, 0xEE
_APPLICATIONS = range(0xE1, 0xF0)  # after that of JFIF
_PROFILE_NAME = b"ICC_PROFILE\0"


def without_metadata(jpeg: bytes) -> bytes:
    """Return the JPEG without Exif, texts and comments, its points untouched.

    What is no JPEG of the usual form is returned as it is.
    """
    kept, place = [_START], len(_START)
    while jpeg.startswith(_START) and jpeg[place : place + 1] == b"\xff" and len(jpeg) > place + 4:
        marker = jpeg[place + 1]
        if marker == _START_OF_SCAN:
            return b"".join([*kept, jpeg[place:]])
        end = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4])
        if not _is_metadata(marker, jpeg[place + 4 : end]):
            kept.append(jpeg[place:end])
        place = end
    return jpeg


def _is_metadata(marker: int, content: bytes) -> bool:
    # A profile of colours and Adobe's mark of the kind of colours say how the points look.
    if marker == _ADOBE or (marker == _PROFILE and content.startswith(_PROFILE_NAME)):
        return False
    return marker == _COMMENT or marker in _APPLICATIONS
