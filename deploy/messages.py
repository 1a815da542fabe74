"""Update, compile or check the translations: `messages.py update | compile | check`.

It uses Babel, because Django's makemessages and compilemessages need GNU gettext.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.extract import extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
# The Arabic catalogue follows the source; the English one is written by hand and rewords messages
# of libraries.
ARABIC_CATALOGUE = ROOT / "locale" / "ar" / "LC_MESSAGES" / "django.po"
CODE = ("core", "tawasul", "requests_app", "appointments")
# These files hold both languages by design: pages shown when no catalogue can be read, formats of
# dates, names of months, letters that are folded.
BILINGUAL = {
    "templates/500.html",
    "templates/503.html",
    "tawasul/formats/ar/formats.py",
    "core/hijri.py",
    "core/arabic_spelling.py",
    "core/text.py",
    "appointments/models/check_codes.py",
}

FUNCTIONS = {
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "_": None,
}
# The header has no dates and no name of a tool, so that the file changes only when a sentence does.
# The plural rule is that of Django's own Arabic catalogue.
HEADER = r"""# Arabic texts of the portal.
msgid ""
msgstr ""
"Language: ar\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && "
"n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5;\n"

"""
ARABIC = re.compile("[\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufefc]")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}")


def sources() -> Iterator[Path]:
    for folder in CODE:
        yield from sorted((ROOT / folder).rglob("*.py"))
    for ending in ("html", "txt"):
        yield from sorted((ROOT / "templates").rglob(f"*.{ending}"))


def extracted() -> Catalog:
    catalog = Catalog(locale="ar")
    for path in sources():
        text = path.read_text()
        if path.suffix != ".py":
            # Babel would take the indentation that templatize leaves for Python's.
            text = "\n".join(line.lstrip() for line in templatize(text).splitlines())
        file = io.BytesIO(text.encode())
        found = extract(
            extract_python,  # type: ignore[arg-type]  # Babel's own types disagree
            file,
            FUNCTIONS,
        )
        for _line, message, _comments, context in found:
            catalog.add(message, context=context)
    return catalog


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def catalogues() -> Iterator[tuple[Path, Catalog]]:
    for path in sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po")):
        yield path, read(path)


def update() -> None:
    ARABIC_CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    if not ARABIC_CATALOGUE.exists():
        ARABIC_CATALOGUE.write_text(HEADER)
    catalog = read(ARABIC_CATALOGUE)
    catalog.update(extracted(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    body = io.BytesIO()
    write_po(body, catalog, width=100, no_location=True, omit_header=True, sort_output=True)
    ARABIC_CATALOGUE.write_text(HEADER + body.getvalue().decode())


def compile_all() -> None:
    for path, catalog in catalogues():
        compiled = io.BytesIO()
        write_mo(compiled, catalog)
        path.with_suffix(".mo").write_bytes(compiled.getvalue())


def check() -> None:
    source, arabic = extracted(), read(ARABIC_CATALOGUE)
    stale = [*missing(arabic, source), *arabic.obsolete.values()]
    faults = [
        *(f"not in the catalogue, run `make messages`: {m.id!r}" for m in missing(source, arabic)),
        *(f"no longer used, run `make messages`: {m.id!r}" for m in stale),
        *(f"Arabic in a source message: {m.id!r}" for m in source if ARABIC.search(str(m.id))),
        *(f"Arabic outside the catalogue: {place}" for place in arabic_lines()),
    ]
    for path, catalog in catalogues():
        language = path.parent.parent.name
        faults += [f"{language}: {fault}: {m.id!r}" for m in catalog for fault in faults_of(m)]
    if faults:
        sys.exit("\n".join(faults))


def missing(wanted: Catalog, there: Catalog) -> Iterator[Message]:
    return (m for m in wanted if m.id and there.get(m.id, m.context) is None)


def faults_of(message: Message) -> Iterator[str]:
    if not message.id:
        return
    # Babel's types do not tell texts from tuples of texts.
    sources: Any = message.id if message.pluralizable else (message.id,)
    forms: Any = message.string if message.pluralizable else (message.string,)
    if message.fuzzy:
        yield "fuzzy"
    if not all(forms):
        yield "not translated"
        return
    wanted = set().union(*map(placeholders, sources))
    for number, form in enumerate(forms):
        # Each of the first half of the forms is for a single number, and may write it as a word.
        max_missing = 1 if number < len(forms) // 2 else 0
        if placeholders(form) - wanted or len(wanted - placeholders(form)) > max_missing:
            yield "placeholders differ"
            return


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text.replace("%%", "")))


def arabic_lines() -> Iterator[str]:
    for path in sources():
        name = str(path.relative_to(ROOT))
        if name not in BILINGUAL:
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if ARABIC.search(line):
                    yield f"{name}:{number}"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["update"]:
            update()
        case ["compile"]:
            compile_all()
        case ["check"]:
            check()
        case _:
            sys.exit("Usage: messages.py update | compile | check")
