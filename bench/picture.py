"""Draw the figures of a run for the README: `python -m bench.picture`.

A bar for each goal shows how near the portal is to it: a full bar is the goal itself.
"""

import json
from html import escape

from bench.report import GOALS, Found, Goal, is_met, value_of
from bench.run import RESULT
from bench.sites import ROOT

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


def main() -> None:
    PICTURE.write_text(drawn(json.loads(RESULT.read_text())))


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
    return f"{value:.2g}× of {limit:g}×" if value < 10 else f"{value:.0f}× of {limit:g}×"


if __name__ == "__main__":
    main()
