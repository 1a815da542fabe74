"""QR codes inside a page."""

from django.utils.safestring import SafeString, mark_safe


def qr_code(text: str) -> SafeString:
    """Return the QR code of `text`, an address that we have made, as SVG."""
    import segno  # 10 ms of each start, and few pages show a code

    return mark_safe(segno.make(text, error="m").svg_inline(scale=4, border=2))  # noqa: S308
