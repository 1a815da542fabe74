"""How a PDF begins. Imports no library, so that also the web processes can ask."""

HEAD = b"%PDF-"
NEAR_THE_EDGE = 1024  # bytes; how far from the start and the end of a file readers look for marks


def begins_as_pdf(original: bytes) -> bool:
    return HEAD in original[:NEAR_THE_EDGE]
