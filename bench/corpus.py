"""Send every file of a folder through the sanitizer, and tell what became of it.

    make corpus DIR=folder [COMPARE=1], or
    TAWASUL_DEMO=1 .venv/bin/python bench/corpus.py folder [--compare]

It prints a line for each file (taken, cleaned of what, or refused and why; processor time and
memory), the sums by format, the slowest and the largest. With Poppler installed, it lists the PDFs
of which Poppler draws the first page and that were refused, and with --compare it draws those that
were taken before and after, and tells how many points differ.
"""

import argparse
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import filetype
from PIL import Image, ImageChops

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tawasul.settings")

from requests_app import decoder_server
from requests_app.cleaned import Cleaned
from requests_app.uploads import MAX_BYTES, type_by_content

AT_ONCE = os.cpu_count() or 1
MB = 1024 * 1024
SECONDS_TO_DRAW = 30
DOTS_PER_INCH, PAGES_COMPARED = 60, 5
# Refusals that name a rule: of the file's kind, or of a budget.
RULES = ("cut_off", "form_program", "too_many_pages", "inflates", "too_many_pixels", "exhausting")
EMPTY = "nothing_to_show"  # a rule too, if Poppler sees nothing either
SHOWN = 5  # of the slowest and of the largest


@dataclass(frozen=True)
class Outcome:
    """What became of a file: `refused` has the reason, or is empty; seconds and bytes it took."""

    path: Path
    kind: str
    refused: str
    removed: tuple[str, ...] = ()
    seconds: float = 0
    memory: int = 0
    cleaned: Path | None = None

    @property
    def is_pdf(self) -> bool:
        return self.kind == "application/pdf" or self.path.suffix.lower() == ".pdf"

    def __str__(self) -> str:
        if self.refused:
            told = f"refused: {self.refused}"
        else:
            told = f"cleaned of {', '.join(self.removed)}" if self.removed else "taken"
        return f"{self.path}\t{told}\t{self.seconds:.2f} s\t{self.memory // MB} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--compare", action="store_true", help="draw before and after")
    arguments = parser.parse_args()
    paths = sorted(path for path in arguments.folder.rglob("*") if path.is_file())
    if not paths:
        sys.exit(f"{arguments.folder} has no files.")
    with tempfile.TemporaryDirectory(prefix="corpus-") as results:
        outcomes = []
        for outcome in sanitize(paths, Path(results)):
            print(outcome, flush=True)
            outcomes.append(outcome)
        show_sums(outcomes)
        if not shutil.which("pdftoppm"):
            print("\nPoppler is not installed: whether it draws the PDFs is not told.")
            return
        with ThreadPoolExecutor(AT_ONCE) as at_once:
            pdfs = [outcome for outcome in outcomes if outcome.is_pdf]
            show_drawn(list(zip(pdfs, at_once.map(first_page, pdfs), strict=True)))
            if arguments.compare:
                taken = [outcome for outcome in pdfs if outcome.cleaned]
                show_differences(list(zip(taken, at_once.map(difference, taken), strict=True)))


def sanitize(paths: list[Path], results: Path) -> Iterator[Outcome]:
    """Yield what becomes of each file, each in a process of its own, a few at once."""
    running: dict[int, tuple[Path, str]] = {}
    for path in paths:
        original = path.read_bytes()
        kind = type_by_content(original)
        if kind is None or not 0 < len(original) <= MAX_BYTES:
            reason = "too_large" if len(original) > MAX_BYTES else "unknown"
            yield Outcome(path, kind or filetype.guess_mime(original) or "unknown", reason)
            continue
        while len(running) >= AT_ONCE:
            yield _ended(running, results)
        child = os.fork()
        if not child:
            os._exit(_clean(original, kind, results))
        running[child] = path, kind
    while running:
        yield _ended(running, results)


def _clean(original: bytes, kind: str, results: Path) -> int:
    """Clean a file in this process, within the limits of the portal; return an exit status."""
    try:
        signal.alarm(decoder_server.MAX_SECONDS_IN_ALL)
        answer = decoder_server.do({"job": "clean", "content_type": kind}, original, roots=())
        (results / str(os.getpid())).write_bytes(answer)
        return 0
    except BaseException:
        return 1


def _ended(running: dict[int, tuple[Path, str]], results: Path) -> Outcome:
    """Wait for one of the processes, and return what became of its file."""
    child, status, used = os.wait4(-1, 0)
    path, kind = running.pop(child)
    code = os.waitstatus_to_exitcode(status)
    measured = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
    if code:
        reason = decoder_server.ENDED_BY.get(code, f"status {code}")
        return Outcome(path, kind, reason, (), *measured)
    result = results / str(child)
    answer = result.read_bytes()
    result.unlink()
    if refused := json.loads(answer.partition(b"\n")[0]).get("refused"):
        return Outcome(path, kind, refused, (), *measured)
    cleaned = Cleaned.from_bytes(answer)
    kept = results / f"{child}.{kind.rpartition('/')[2]}"
    kept.write_bytes(cleaned.content)
    return Outcome(path, kind, "", cleaned.removed, *measured, kept)


def show_sums(outcomes: list[Outcome]) -> None:
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        told = outcome.refused or ("cleaned" if outcome.removed else "taken")
        by_kind[outcome.kind][told] += 1
    print()
    for kind, counts in sorted(by_kind.items()):
        told = ", ".join(f"{told} {count}" for told, count in counts.most_common())
        print(f"{kind}: {counts.total()} files; {told}")
    removed = Counter(word for outcome in outcomes for word in outcome.removed)
    print("taken out:", ", ".join(f"{word} {count}" for word, count in removed.most_common()))
    for title, figure in (("slowest", "seconds"), ("largest", "memory")):
        print(f"\nThe {title}:")
        for outcome in sorted(outcomes, key=lambda each: -getattr(each, figure))[:SHOWN]:
            print(outcome)


def draw(path: Path, pages: int) -> bytes:
    """Return the first pages as Poppler draws them, one PPM after the other; none if it fails."""
    command = ["pdftoppm", "-l", str(pages), "-r", str(DOTS_PER_INCH), str(path)]
    try:
        process = subprocess.run(command, capture_output=True, timeout=SECONDS_TO_DRAW, check=False)
    except subprocess.TimeoutExpired:
        return b""
    return b"" if process.returncode else process.stdout


def first_page(outcome: Outcome) -> Image.Image | None:
    return next(_pictures(draw(outcome.path, 1)), None)


def show_drawn(pdfs: list[tuple[Outcome, Image.Image | None]]) -> None:
    drawn = [(outcome, page) for outcome, page in pdfs if page]
    refused = [(outcome, page) for outcome, page in drawn if outcome.refused]
    findings = [each for each, page in refused if not _is_ruled_out(each, page)]
    ruled_out = [each for each, page in refused if _is_ruled_out(each, page)]
    print(f"\nOf {len(pdfs)} PDFs, Poppler draws the first page of {len(drawn)}.")
    if counted := len(drawn) - len(ruled_out):
        share = 1 - len(findings) / counted
        print(f"A rule refuses {len(ruled_out)} of these; of the others, {share:.2%} are taken.")
    for title, outcomes in (("By a rule", ruled_out), ("Otherwise", findings)):
        print(f"\n{title}:")
        for outcome in sorted(outcomes, key=lambda each: each.refused):
            print(outcome)


def _is_ruled_out(outcome: Outcome, page: Image.Image) -> bool:
    is_blank = page.getcolors(1) is not None
    return outcome.refused in RULES or (outcome.refused == EMPTY and is_blank)


def difference(outcome: Outcome) -> str:
    """Return how the pages differ after cleaning, or nothing if no point does."""
    assert outcome.cleaned is not None
    before, after = (
        list(_pictures(draw(path, PAGES_COMPARED))) for path in (outcome.path, outcome.cleaned)
    )
    if len(before) != len(after):
        return f"{len(before)} pages drawn before, {len(after)} after"
    different = [_different(one, other) for one, other in zip(before, after, strict=True)]
    if not any(different):
        return ""
    return f"{max(different):.2%} of the points of page {different.index(max(different)) + 1}"


def _pictures(drawn: bytes) -> Iterator[Image.Image]:
    """Yield the pictures in a row of binary PPMs."""
    stream = io.BytesIO(drawn)
    while stream.readline().strip() == b"P6":
        width, height = map(int, stream.readline().split())
        stream.readline()
        yield Image.frombytes("RGB", (width, height), stream.read(3 * width * height))


def _different(one: Image.Image, other: Image.Image) -> float:
    """Return the share of points that differ."""
    if one.size != other.size:
        return 1
    unlike = ImageChops.difference(one, other).convert("L").point(bool)
    return unlike.histogram()[1] / (one.width * one.height)


def show_differences(compared: list[tuple[Outcome, str]]) -> None:
    different = [(outcome, told) for outcome, told in compared if told]
    same = len(compared) - len(different)
    print(f"\nOf {len(compared)} PDFs taken, {same} look the same, point by point.")
    for outcome, told in different:
        print(f"{outcome.path}\t{told}")


if __name__ == "__main__":
    main()
