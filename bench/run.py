"""Measure the portal beside the floor, the least Django that does the same: `make bench`.

Both have a database on one throw-away PostgreSQL and the same web server, with two processes of
four threads, and take turns for five rounds. Printed are the medians, and what they are as multiples
of the floor's of the same run. The exit status is 1 if a goal is missed. `--quick` runs one round.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, repeat
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import journeys, measure, sites
from bench.load import Answer
from bench.report import Figures, missed, table
from tests.database import throw_away_postgres

RESULT = sites.ROOT / "var" / "bench.json"
ROUNDS = 5

Journey = Callable[[int], list[list[Answer]]]


@dataclass
class Step:
    """A page or a journey: how often a round takes it, and what was found."""

    go: Journey
    count: int
    found: list[Figures] = field(default_factory=list)
    statements: float = 0

    def figures(self) -> Figures:
        return Figures.median(self.found, self.statements)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round")
    options = parser.parse_args()
    os.environ["PGAPPNAME"] = measure.NAME
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tawasul-")))
        server = measure.Server(stack.enter_context(throw_away_postgres()))
        found = run(server, folder, 1 if options.quick else ROUNDS)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=2))
    print("\n".join(table(found)))
    if told := missed(found):
        sys.exit("\n".join(["", "Missed:", *told]))


def run(server: measure.Server, folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    both = {"floor": sites.floor(server, folder), "ours": sites.portal(server, folder)}
    os.environ |= both["ours"].environment | {"PGAPPNAME": measure.NAME}
    steps = prepare(both)
    starts: dict[str, list[float]] = {name: [] for name in both}
    sizes: dict[str, list[tuple[float, float]]] = {name: [] for name in both}
    with ExitStack() as stack:
        for turn in range(rounds):
            for name, site in both.items():
                with site.running(folder / f"{name}.log") as seconds:
                    starts[name].append(seconds)
        for name, site in both.items():
            stack.enter_context(site.running(folder / f"{name}.log"))
        count_statements(server, steps)
        for turn in range(rounds):
            began = time.monotonic()
            for name, site in both.items():
                for step in steps[name].values():
                    step.found.append(measured(server, site.pids, step))
            seconds = time.monotonic() - began
            print(f"Round {turn + 1} of {rounds}: {seconds:.0f} s", file=sys.stderr, flush=True)
        for name, site in both.items():
            sizes[name] = [measure.memory(pid) for pid in site.workers()]
    found: dict[str, dict[str, float]] = {}
    for name in both:
        for what, step in steps[name].items():
            found[f"{name} {what}"] = step.figures().as_dict()
        resident, part = (statistics.mean(size) for size in zip(*sizes[name], strict=True))
        found[f"{name} memory"] = {"resident_mib": resident, "part_mib": part}
        found[f"{name} start"] = {"cpu_s": statistics.median(starts[name])}
    return found


def prepare(both: dict[str, sites.Site]) -> dict[str, dict[str, Step]]:
    import django

    django.setup()
    from bench import people

    hot, rush = people.slots(30_000), iter(people.slots(journeys.PLACES))
    visitors = [each.cookies for each in people.people(8)]
    ours = journeys.Portal(
        both["ours"], visitors, people.officer(),
        chain.from_iterable(map(people.people, repeat(500))),
        hot[0], rush, ThreadPoolExecutor(journeys.AT_ONE_FORM),
    )  # fmt: skip
    floor = journeys.Floor(both["floor"])
    floor_slots = make_floor_slots(both["floor"])

    def rush_on_floor(count: int) -> list[list[Answer]]:
        return floor.rush(next(floor_slots), count)

    return {
        "floor": {
            "constant": Step(floor.constant, 400),
            "form": Step(floor.form, 400),
            "filing": Step(floor.filing, 100),
            "hold": Step(floor.hold, 200),
            "rush of 50": Step(rush_on_floor, 50),
            "rush of 150": Step(rush_on_floor, 150),
        },
        "ours": {
            "home": Step(ours.home, 150),
            "service": Step(ours.service, 100),
            "sign-in": Step(ours.sign_in, 12),
            "filing form": Step(ours.filing_form, 60),
            "booking form": Step(ours.booking_form, 60),
            "filing": Step(ours.filing, 8),
            "booking": Step(ours.booking, 8),
            "hold": Step(ours.hold, 100),
            "rush of 50": Step(ours.rush, 50),
            "rush of 150": Step(ours.rush, 150),
            "my page": Step(ours.my_page, 60),
            "queue": Step(ours.queue, 30),
        },
    }


def make_floor_slots(site: sites.Site) -> Iterator[str]:
    """Make slots of ten places each on the floor, after a hot one; return their keys."""
    number = 2 * (ROUNDS + 3)
    made = (
        "from bench.floor.models import Slot;"
        "Slot.objects.create(pk=1, capacity=10**6);"
        f"Slot.objects.bulk_create(Slot(pk=2 + place, capacity={journeys.PLACES})"
        f" for place in range({number}))"
    )
    site.command("-m", "django", "shell", "--no-imports", "-c", made)
    return map(str, range(2, 2 + number))


def count_statements(server: measure.Server, steps: dict[str, dict[str, Step]]) -> None:
    """Count in a round of its own, which warms everything up as well: writing a log takes time."""
    for each in steps.values():
        for what, step in each.items():
            t=time.time()
            step.go(step.count)
            print(what, time.time()-t, time.process_time(), file=sys.stderr, flush=True)
    with server.noting_statements() as sent:
        for each in steps.values():
            for what, step in each.items():
                sent()
                done = step.go(step.count)
                step.statements = len(sent()) / len(done)


def measured(server: measure.Server, pids: list[int], step: Step) -> Figures:
    server.settle()
    firsts = [*pids, server.pid]
    before, began = measure.cpu_seconds(firsts, server.own_connections()), time.perf_counter()
    done = step.go(step.count)
    seconds = time.perf_counter() - began
    cpu = measure.cpu_seconds(firsts, server.own_connections()) - before
    return Figures.of(done, seconds, cpu)


if __name__ == "__main__":
    main()
