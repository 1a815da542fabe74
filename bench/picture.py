"""Put the figures of the last runs into the README, as a picture and a table.

    .venv/bin/python -m bench.picture

A bar for each goal shows how near the portal is to it; the line in the middle is the goal itself.
The table has the peers too, once `make bench-peers` has run; each multiple is of the floor of its
own run.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from bench.report import GOALS, Found, Goal, is_met, value_of
from bench.sites import ROOT

RESULT, PEERS = ROOT / "var" / "bench.json", ROOT / "var" / "bench-peers.json"
README = ROOT / "README.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->"
PICTURE = ROOT / "docs" / "images" / "bench.svg"
WIDTH, ROW, NAMES, BARS = 760, 30, 250, 330
FIGURES = {
    "cpu_ms": "processor time",
    "statements": "statements",
    "per_second": "per second",
    "p99_ms": "slowest of a hundred",
    "resident_mib": "memory",
}
# A picture in a README has no ground of its own: these can be read on white and on near-black.
STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1f2328 }
.met { fill: #1a7f5a } .missed { fill: #b35900 } .track { fill: #d0d7de } .goal { stroke: #1f2328 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .met { fill: #3fb68b } .missed { fill: #e08a3c } .track { fill: #3d444d }
  .goal { stroke: #e6edf3 }
}
"""


@dataclass
class Row:
    """A row of the table: what it is called, and the step that each site has for it."""

    name: str
    floor: str
    steps: dict[str, str]
    figure: str = "cpu_ms"
    unit: str = "ms"
    with_statements: bool = True


ROWS = [
    Row("home page", "constant page", {"ours": "home"}),
    Row(
        "first form page of filing", "form", {"helpdesk": "form", "ours": "filing form"}
    ),
    Row(
        "first form page of booking", "form", {"appointment": "form", "ours": "booking form"}
    ),
    Row("filing with a picture of 20 KB", "filing", {"helpdesk": "filing", "ours": "filing"}),
    Row("booking until it is confirmed", "hold", {"appointment": "booking", "ours": "booking"}),
    Row("a place of one hot slot", "hold", {"ours": "hold"}),
    Row(
        "50 people for 10 places, the slowest", "rush of 50",
        {"appointment": "rush of 50", "ours": "rush of 50"}, "p99_ms", "ms", False,
    ),
    Row(
        "memory of a web process", "worker",
        dict.fromkeys(("helpdesk", "appointment", "ours"), "worker"), "resident_mib", "MiB", False,
    ),
    Row(
        "from a start to the first answer", "start",
        dict.fromkeys(("helpdesk", "appointment", "ours"), "start"), "cpu_ms", "ms", False,
    ),
]  # fmt: skip


def main() -> None:
    found: Found = json.loads(RESULT.read_text())
    peers: Found = json.loads(PEERS.read_text()) if PEERS.exists() else {}
    PICTURE.write_text(drawn(found))
    before, begun, rest = README.read_text().partition(BEGIN)
    _old, end, after = rest.partition(END)
    README.write_text(before + begun + "\n".join(table(found, peers)) + "\n" + end + after)


def table(found: Found, peers: Found) -> Iterator[str]:
    """Yield the lines of the table in Markdown."""
    yield "| | floor | django-helpdesk | django-appointment | the portal | goal |"
    yield "|---|---|---|---|---|---|"
    for row in ROWS:
        cells = [_number(found[f"floor {row.floor}"][row.figure], row.unit)]
        for site, run in (("helpdesk", peers), ("appointment", peers), ("ours", found)):
            cells.append(_cell(row, site, run))
        cells.append(_goal(row))
        yield f"| {row.name} | {' | '.join(cells)} |"


def _cell(row: Row, site: str, run: Found) -> str:
    step = run.get(f"{site} {row.steps.get(site)}")
    if step is None:
        return ""
    value = step[row.figure]
    multiple = value / run[f"floor {row.floor}"][row.figure]
    text = f"{_number(value, row.unit)} ({_multiple(multiple)})"
    if row.with_statements:
        text += f", {step['statements']:.0f} SQL"
    sold = step.get("sold")
    return f"{text}, **{sold:.0f} sold**" if sold else text


def _goal(row: Row) -> str:
    figures = (row.figure, "statements") if row.with_statements else (row.figure,)
    of_row = [goal for goal in GOALS if goal.ours == row.steps["ours"] and goal.figure in figures]
    return ", ".join(f"{goal.most:g}{'×' if goal.is_multiple else ' SQL'}" for goal in of_row)


def _multiple(value: float) -> str:
    return f"{value:.1f}×" if value < 10 else f"{value:.0f}×"


def _number(value: float, unit: str) -> str:
    return f"{value:.1f} {unit}" if value < 10 else f"{value:,.0f} {unit}"


def drawn(found: Found) -> str:
    """Return the picture as SVG."""
    height = ROW * (len(GOALS) + 1)
    rows = "\n".join(_row(goal, found, place) for place, goal in enumerate(GOALS))
    at = NAMES + BARS / 2
    told = "\n".join(f"{_name(goal)}: {_numbers(goal, found)}" for goal in GOALS)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">\n'
        f"<title>How near each figure is to its goal</title>\n<desc>{escape(told)}</desc>\n"
        f"<style>{STYLE}</style>\n{rows}\n"
        f'<line class="goal" x1="{at}" x2="{at}" y1="0" y2="{ROW * len(GOALS)}"/>\n'
        f'<text x="{at}" y="{height - 10}" text-anchor="middle">the goal</text>\n</svg>\n'
    )


def _row(goal: Goal, found: Found, place: int) -> str:
    top = ROW * place
    kind = "met" if is_met(goal, found) else "missed"
    length = min(1.0, _share(goal, found) / 2) * BARS
    return (
        f'<text x="0" y="{top + 19}">{escape(_name(goal))}</text>'
        f'<rect class="track" x="{NAMES}" y="{top + 6}" width="{BARS}" height="18" rx="3"/>'
        f'<rect class="{kind}" x="{NAMES}" y="{top + 6}" width="{length:.0f}" height="18" rx="3"/>'
        f'<text x="{NAMES + BARS + 10}" y="{top + 19}">{escape(_numbers(goal, found))}</text>'
    )


def _share(goal: Goal, found: Found) -> float:
    """Return what is used of the goal; 1 is the goal itself, less is better."""
    value = value_of(goal, found)
    if goal.least:
        return goal.least / value
    return value / goal.most if goal.most else float(value > 0) * 2


def _name(goal: Goal) -> str:
    return f"{goal.ours}: {FIGURES[goal.figure]}"


def _numbers(goal: Goal, found: Found) -> str:
    value, limit = value_of(goal, found), goal.least or goal.most
    if not goal.is_multiple:
        return f"{value:.0f} of {limit:.0f}"
    digits = 2 if limit < 1 else 1
    return f"{value:.{digits}f}× of {limit:g}×"


if __name__ == "__main__":
    main()
