"""The figures of the benchmark, its goals, and the table of both."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Self

from bench.load import Answer


@dataclass
class Figures:
    """Of a page or a journey: processor time, statements, bytes and times to answer."""

    cpu_ms: float
    per_second: float
    median_ms: float
    p99_ms: float
    bytes: float
    requests: float
    statements: float = 0

    @classmethod
    def of(cls, done: Sequence[Sequence[Answer]], seconds: float, cpu: float) -> Self:
        """Return the figures of journeys that took so many seconds together."""
        times = sorted(1000 * sum(answer.seconds for answer in each) for each in done)
        return cls(
            cpu_ms=1000 * cpu / len(done),
            per_second=len(done) / seconds,
            median_ms=statistics.median(times),
            p99_ms=times[-1 - len(times) // 100],
            bytes=statistics.mean(sum(answer.size for answer in each) for each in done),
            requests=statistics.mean(map(len, done)),
        )

    @classmethod
    def median(cls, found: Sequence[Self], statements: float) -> Self:
        names = [name for name in asdict(found[0]) if name != "statements"]
        middle = {name: statistics.median(getattr(each, name) for each in found) for name in names}
        return cls(**middle, statements=statements)

    def as_dict(self) -> dict[str, float]:
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
    Goal("home", "constant", "cpu_ms", 3),
    Goal("home", "constant", "statements", 0, is_multiple=False),
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
    Goal("memory", "memory", "resident_mib", 1.5),
    Goal("start", "start", "cpu_s", 2.2),
]

Found = dict[str, dict[str, float]]


def value_of(goal: Goal, found: Found) -> float:
    ours = found[f"ours {goal.ours}"][goal.figure]
    return ours / found[f"floor {goal.floor}"][goal.figure] if goal.is_multiple else ours


def is_met(goal: Goal, found: Found) -> bool:
    value = round(value_of(goal, found), 2)
    return value >= goal.least if goal.least else value <= goal.most


def missed(found: Found) -> list[str]:
    """Return a sentence for each goal that was not reached."""
    return [
        f"{goal.ours}, {goal.figure}: {value_of(goal, found):.2f}, "
        f"{'at least' if goal.least else 'at most'} {goal.least or goal.most}"
        for goal in GOALS
        if not is_met(goal, found)
    ]


def table(found: Found) -> Iterator[str]:
    names = ("cpu_ms", "statements", "per_second", "median_ms", "p99_ms", "bytes", "requests")
    yield f"{'':20}" + "".join(f"{name:>12}" for name in names)
    for what, figures in found.items():
        if "cpu_ms" in figures:
            yield f"{what:20}" + "".join(f"{figures[name]:12,.1f}" for name in names)
        else:
            yield f"{what:20}" + "  ".join(f"{name} {size:.2f}" for name, size in figures.items())
    yield ""
    for goal in GOALS:
        value = value_of(goal, found)
        wanted = f">= {goal.least}" if goal.least else f"<= {goal.most}"
        yield (
            f"{goal.ours:14} {goal.figure:12} {value:8.2f}{'x' if goal.is_multiple else ' '}"
            f"  {wanted:8} {'met' if is_met(goal, found) else 'MISSED'}"
        )
