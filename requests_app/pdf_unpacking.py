"""How much the streams of a PDF unpack to, told without filling the memory. Imports no Django."""

import zlib
from collections.abc import Iterator
from contextlib import suppress

import pikepdf

from requests_app.refused import Refused

MAX_UNPACKED = 256 * 1024 * 1024  # bytes that one page may unpack to
_CHUNK = 1024 * 1024  # bytes unpacked at once
_FED_AT_ONCE = 16 * 1024
_BLANKS = b"\0\t\n\f\r "
_FLATE = (["/FlateDecode"], ["/Fl"])

PACKINGS = frozenset(
    (
        *("/FlateDecode", "/Fl", "/LZWDecode", "/LZW", "/RunLengthDecode", "/RL"),
        *("/ASCII85Decode", "/A85", "/ASCIIHexDecode", "/AHx"),
    )
)
CODECS = frozenset(("/DCTDecode", "/DCT", "/JPXDecode", "/JBIG2Decode", "/CCITTFaxDecode", "/CCF"))
_CHANNELS = {"/DeviceGray": 1, "/CalGray": 1, "/Indexed": 1, "/DeviceCMYK": 4}


def filters_of(stream: pikepdf.Object) -> list[str]:
    filters = stream.get("/Filter")
    if filters is None:
        return []
    return [str(each) for each in (filters if isinstance(filters, pikepdf.Array) else [filters])]


def size_of(pdf: pikepdf.Pdf, stream: pikepdf.Stream) -> int:
    """Return the bytes that a stream unpacks to.

    Refused `inflates` if they are too many, or the points of a picture, which are drawn one picture
    at a time and so do not add up.
    """
    filters = filters_of(stream)
    packed = [each for each in filters if each in PACKINGS]
    if len(packed) < len(filters) and _size_of_picture(stream) > MAX_UNPACKED:
        raise Refused("inflates")
    if packed in _FLATE:
        return sum(map(len, _unpack(bytes(stream.get_raw_stream_buffer()))))
    if packed:
        return _size_of_many(pdf, stream, packed)
    return len(stream.get_raw_stream_buffer())


def _unpack(raw: bytes) -> Iterator[bytes]:
    """Yield what a stream unpacks to, piece by piece, as far as it is not broken.

    Refused `inflates` if it is too large.
    """
    unpacker, unpacked = zlib.decompressobj(), 0
    for start in range(0, len(raw), _FED_AT_ONCE):
        waiting = raw[start : start + _FED_AT_ONCE]
        while waiting and not unpacker.eof:
            before = unpacker.copy()
            try:
                piece = unpacker.decompress(waiting, _CHUNK)
            except zlib.error:
                yield from _unpack_until_broken(before, waiting)
                return
            waiting = unpacker.unconsumed_tail
            unpacked += len(piece)
            if unpacked > MAX_UNPACKED:
                raise Refused("inflates")
            yield piece


def _unpack_until_broken(unpacker: "zlib._Decompress", raw: bytes) -> Iterator[bytes]:
    """Yield what the bytes before the broken one unpack to: an error takes all with it."""
    with suppress(zlib.error):
        for place in range(len(raw)):
            yield unpacker.decompress(raw[place : place + 1])


def _size_of_many(pdf: pikepdf.Pdf, stream: pikepdf.Stream, packed: list[str]) -> int:
    """Return the bytes that a stream of several filters, or of rarer ones, unpacks to.

    The limits of qpdf (`limit_memory`) end what would fill the memory.
    """
    try:
        return len(_without_packings(pdf, stream, packed))
    except MemoryError:
        raise Refused("inflates") from None
    except (pikepdf.PdfError, RuntimeError) as error:
        if "memory limit" in str(error):
            raise Refused("inflates") from None
        return 0  # Nobody can unpack it.
    except UnicodeDecodeError:  # of the message of such an error
        return 0


def _without_packings(pdf: pikepdf.Pdf, stream: pikepdf.Stream, packed: list[str]) -> bytes:
    copy = pdf.make_stream(bytes(stream.get_raw_stream_buffer()))
    copy["/Filter"] = pikepdf.Array([pikepdf.Name(each) for each in packed])
    if "/DecodeParms" in stream:
        given = stream["/DecodeParms"]
        each_given = list(given) if isinstance(given, pikepdf.Array) else [given]
        copy["/DecodeParms"] = pikepdf.Array(each_given[: len(packed)])
    # RunLength is not among the general ones.
    return copy.read_bytes(decode_level=pikepdf.StreamDecodeLevel.specialized)


def unpack_picture(pdf: pikepdf.Pdf, stream: pikepdf.Stream) -> bytes | None:
    """Return a picture in its codec, the last filter, or None if nobody can unpack it.

    It must have been measured before (`size_of`).
    """
    packed = filters_of(stream)[:-1]
    if not packed:
        return bytes(stream.get_raw_stream_buffer())
    with suppress(pikepdf.PdfError, RuntimeError, UnicodeDecodeError):
        return _without_packings(pdf, stream, packed)
    return None


def is_whole(stream: pikepdf.Stream) -> bool:
    """Return whether a stream shows by its compression that nothing of it is missing."""
    if filters_of(stream) not in _FLATE:
        return False
    unpacker, raw = zlib.decompressobj(), bytes(stream.get_raw_stream_buffer())
    with suppress(zlib.error):
        for _piece in range(MAX_UNPACKED // _CHUNK):
            unpacker.decompress(raw, _CHUNK)
            raw = unpacker.unconsumed_tail
            if not raw or unpacker.eof:
                break
    return unpacker.eof


def limit_memory() -> None:
    """Let qpdf unpack no stream to more than a page may have."""
    pikepdf.settings.set_qpdf_limits(
        flate_max_memory=MAX_UNPACKED,
        run_length_max_memory=MAX_UNPACKED,
        png_max_memory=MAX_UNPACKED,
        tiff_max_memory=MAX_UNPACKED,
    )


def _size_of_picture(stream: pikepdf.Stream) -> int:
    """Return the bytes of the points that a picture declares."""
    points = stream.get_int("/Width", 0) * stream.get_int("/Height", 0)
    bits = 1 if stream.get("/ImageMask") else stream.get_int("/BitsPerComponent", 8)
    colours = stream.get("/ColorSpace")
    name = colours[0] if isinstance(colours, pikepdf.Array) and len(colours) else colours
    return points * bits * _CHANNELS.get(str(name), 3) // 8


def has_marks(stream: pikepdf.Stream) -> bool:
    """Return whether there is anything but blanks in a content stream."""
    raw = bytes(stream.get_raw_stream_buffer())
    if filters_of(stream) in _FLATE:
        return any(piece.strip(_BLANKS) for piece in _unpack(raw))
    return bool(raw.strip(_BLANKS))
