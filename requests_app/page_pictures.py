"""Pages of stored documents as pictures, drawn in a child of the decoder. Imports no Django."""

import io

import pypdfium2
from PIL import Image

from requests_app.refused import Refused


def picture_of(document: bytes, content_type: str, page: int, side: int) -> bytes:
    """Return a JPEG of a page, counted from 1, with at most `side` pixels on its long side.

    Refused `no_such_page`; what the libraries raise if the file is damaged.
    """
    if content_type == "application/pdf":
        picture = _drawn(document, page, side)
    elif page == 1:
        picture = Image.open(io.BytesIO(document))
        picture.draft("RGB", (side, side))
        picture.thumbnail((side, side))
    else:
        raise Refused("no_such_page")
    output = io.BytesIO()
    picture.convert("RGB").save(output, "JPEG", quality=70)
    return output.getvalue()


def _drawn(document: bytes, page: int, side: int) -> Image.Image:
    with pypdfium2.PdfDocument(document) as pdf:
        if not 1 <= page <= len(pdf):
            raise Refused("no_such_page")
        pdf.init_forms()  # or the values of forms would be missing
        drawn = pdf[page - 1]
        scale = side / max(1.0, *drawn.get_size())
        return drawn.render(scale=scale, rev_byteorder=True).to_pil()
