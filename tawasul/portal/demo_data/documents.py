"""The documents of the demo: drawn papers that say themselves that they are none."""

import io
import json
from pathlib import Path
from zlib import crc32

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from core.accounts.models import Identity
from core.catalogue.models import DocumentType

PAPER, INK, PALE = "#f7f3ea", "#1f3b33", "#c9d6cf"
# Passports and cards lie on their side and come as photos; letters stand, and come as a PDF.
CARDS = {"identity-or-passport", "current-passport", "visa-copy"}
CARD, LETTER = (760, 540), (620, 877)  # points

NAMES = json.loads(Path(__file__).with_name("documents.json").read_text("utf-8"))


def usual_name(kind: DocumentType, language: str) -> str:
    """Return what people who write in this language call their file of this kind."""
    return NAMES[kind.slug][language]


def paper_of(kind: DocumentType, person: Identity, name: str) -> SimpleUploadedFile:
    """Return a drawn paper of this kind about a person, named `name`."""
    is_card = kind.slug in CARDS
    # Papers of the same kind differ, or the second one would count as sent already.
    number = f"Ref. {crc32(name.encode()) % 10**6:06}"
    paper = _drawn(kind, person, number, CARD if is_card else LETTER)
    content = io.BytesIO()
    paper.save(content, "JPEG" if is_card else "PDF")
    ending, content_type = ("jpg", "image/jpeg") if is_card else ("pdf", "application/pdf")
    return SimpleUploadedFile(f"{name}.{ending}", content.getvalue(), content_type)


def _drawn(kind: DocumentType, person: Identity, number: str, size: tuple[int, int]) -> Image.Image:
    paper = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(paper)
    width, height = size
    draw.rectangle((16, 16, width - 17, height - 17), outline=INK, width=3)
    draw.rectangle((16, 16, width - 17, 110), fill=INK)
    draw.text((44, 42), str(kind.name_en), fill=PAPER, font_size=32)  # type: ignore[attr-defined]  # modeltranslation
    draw.rectangle((44, 150, 254, 420), fill=PALE)
    draw.ellipse((104, 180, 194, 280), fill=PAPER)
    draw.pieslice((74, 290, 224, 500), 180, 360, fill=PAPER)
    facts = [person.name_en, f"No. {person.current_number}", str(person.birth_date or ""), number]
    draw.multiline_text((290, 160), "\n\n".join(facts), fill=INK, font_size=28)
    for line in range(470, height - 90, 44):
        draw.line((44, line, width - 44 - line % 5 * 40, line), fill=PALE, width=10)
    draw.text((width // 2 - 110, height - 80), "SPECIMEN", fill="#b3261e", font_size=42)
    return paper
