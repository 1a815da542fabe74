"""The figures of the benchmark, its goals, and the table of both."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Self

from bench.load import Answer


@dataclass
class Figures:
    """Of a page or a journey; what was not measured is zero."""

    cpu_ms: float  # of the web server, with its decoder, and of PostgreSQL
    database_ms: float  # the part of PostgreSQL in it
    per_second: float
    median_ms: float = 0
    p99_ms: float = 0
    bytes: float = 0
    requests: float = 0
    statements: float = 0

    @classmethod
    def of(
        cls, done: Sequence[Sequence[Answer]], seconds: float, web: float, database: float
    ) -> Self:
        """Return the figures of journeys that took so many seconds together, and of processors."""
        times = sorted(1000 * sum(answer.seconds for answer in each) for each in done)
        return cls(
            cpu_ms=1000 * (web + database) / len(done),
            database_ms=1000 * database / len(done),
            per_second=len(done) / seconds,
            median_ms=statistics.median(times),
            p99_ms=times[-1 - len(times) // 100],
            bytes=statistics.mean(sum(answer.size for answer in each) for each in done),
            requests=statistics.mean(map(len, done)),
        )

    @classmethod
    def median(cls, found: Sequence[Self], statements: float = 0) -> Self:
        rows = [asdict(each) for each in found]
        middle = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
        return cls(**{**middle, "statements": statements})

    def known(self) -> dict[str, float]:
        return asdict(self)


@dataclass
class Goal:
    """What a figure of the portal may be: a multiple of the floor's, or a number by itself."""

    ours: str
    floor: str
    figure: str
    most: float = 0
    least: float = 0
    is_multiple: bool = True


GOALS = [
    Goal("home", "constant page", "cpu_ms", 3),
    Goal("home", "constant page", "statements", 0, is_multiple=False),
    *(
        goal
        for form in ("filing form", "booking form")
        for goal in (
            Goal(form, "form", "cpu_ms", 10),
            Goal(form, "form", "statements", 5, is_multiple=False),
        )
    ),
    Goal("filing", "filing", "cpu_ms", 25),
    Goal("filing", "filing", "statements", 70, is_multiple=False),
    Goal("booking", "hold", "cpu_ms", 18),
    Goal("booking", "hold", "statements", 60, is_multiple=False),
    Goal("hold", "hold", "cpu_ms", 4),
    Goal("hold", "hold", "statements", 18, is_multiple=False),
    Goal("hold", "hold", "per_second", least=0.3),
    Goal("rush of 50", "rush of 50", "p99_ms", 6),
    Goal("worker", "worker", "resident_mib", 1.5),
    Goal("start", "start", "cpu_ms", 2.2),
]

# The figures of what was measured, as "floor hold" or "ours hold".
Found = dict[str, dict[str, float]]


def value_of(goal: Goal, found: Found) -> float:
    ours = found[f"ours {goal.ours}"][goal.figure]
    return ours / found[f"floor {goal.floor}"][goal.figure] if goal.is_multiple else ours


def is_met(goal: Goal, found: Found) -> bool:
    value = value_of(goal, found)
    return value >= goal.least if goal.least else value <= goal.most


def missed(found: Found) -> list[str]:
    """Return a line for each goal that was not reached."""
    return [_line(goal, found) for goal in _measured(found) if not is_met(goal, found)]


def _measured(found: Found) -> Iterator[Goal]:
    return (goal for goal in GOALS if f"ours {goal.ours}" in found)


def _line(goal: Goal, found: Found) -> str:
    """Return what was wanted and what was found, as `home   cpu_ms   2.90x  <= 3   met`."""
    value = f"{value_of(goal, found):.2f}{'x' if goal.is_multiple else ' '}"
    wanted = f">= {goal.least}" if goal.least else f"<= {goal.most}"
    verdict = "met" if is_met(goal, found) else "MISSED"
    return f"{goal.ours:14} {goal.figure:14} {value:>10}  {wanted:8} {verdict}"


COLUMNS = (
    "cpu_ms",
    "database_ms",
    "statements",
    "per_second",
    "median_ms",
    "p99_ms",
    "bytes",
    "requests",
)


def table(found: Found) -> Iterator[str]:
    yield f"{'':22}" + "".join(f"{name:>12}" for name in COLUMNS)
    for what, figures in found.items():
        if "bytes" in figures:
            yield f"{what:22}" + "".join(f"{figures[name]:12,.1f}" for name in COLUMNS)
        else:
            yield f"{what:22}" + "  ".join(f"{name} {size:,.1f}" for name, size in figures.items())
    yield ""
    yield from (_line(goal, found) for goal in _measured(found))
