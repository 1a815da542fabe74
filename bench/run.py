"""Measure the portal beside the floor, the least Django that does the same: `make bench`.

    TAWASUL_DEMO=1 .venv/bin/python -m bench.run [--rounds 1] [--only hold,home] [--show-statements]

Both have a database on one throw-away PostgreSQL and the same web server, with two processes of
four threads, and take turns for five rounds. Printed are the medians, and what they are as
multiples of the floor's of the same run; they are kept in var/bench.json too. The exit status is 1
if a goal is missed.
"""

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import measure, sites
from bench.floor.journeys import Floor
from bench.report import Found, missed, table
from bench.steps import Step
from tests.database import throw_away_postgres

_VALUE = re.compile(r"""'[^']*'|\b\d+\b|"_django_curs_\w+\"""")
RESULT = sites.ROOT / "var" / "bench.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="of the portal, by their names in the table")
    parser.add_argument("--show-statements", action="store_true")
    options = parser.parse_args()
    only = [name for name in options.only.split(",") if name]
    os.environ["PGAPPNAME"] = measure.NAME
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tawasul-")))
        server = measure.Server(stack.enter_context(throw_away_postgres()))
        both = {"floor": sites.floor(server, folder), "ours": sites.portal(server, folder)}
        steps = {"floor": Floor(both["floor"]).steps(), "ours": steps_of_portal(both["ours"], only)}
        found = run(server, both, steps, folder, options.rounds)
        if not only:
            found["ours text"] = texts(server, both["ours"])
    if options.show_statements:
        print("\n".join(statements(steps["ours"])))
    print("\n".join(table(found)))
    if only:
        return
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=2))
    if told := missed(found):
        sys.exit("\n".join(["", "Missed:", *told]))


def steps_of_portal(site: sites.Site, only: list[str]) -> dict[str, Step]:
    os.environ |= site.environment
    import django

    django.setup()
    from bench.journeys import Portal

    steps = Portal(site).steps()
    return {name: step for name, step in steps.items() if not only or name in only}


def run(
    server: measure.Server,
    served: dict[str, sites.Site],
    steps: dict[str, dict[str, Step]],
    folder: Path,
    rounds: int,
) -> Found:
    """Take all steps on all sites in turn; return the figures of each, as `site step`."""
    starts: dict[str, list[float]] = {name: [] for name in served}
    found: Found = {}
    for _round in range(rounds):
        for name, site in served.items():
            with site.running(folder / f"{name}.log") as seconds:
                starts[name].append(seconds)
    with ExitStack() as stack:
        for name, site in served.items():
            stack.enter_context(site.running(folder / f"{name}.log"))
            for step in steps[name].values():
                step.go(step.count)  # so that everything is warm
            for step in steps[name].values():
                step.count_statements(server)
        for number in range(rounds):
            server.tidy_up()
            began = time.monotonic()
            for name, site in served.items():
                for step in steps[name].values():
                    if step.beside:
                        steps["floor"][step.beside].measure(server, served["floor"])
                        step.measure(server, site)
            seconds = time.monotonic() - began
            print(f"Round {number + 1} of {rounds}: {seconds:.0f} s", file=sys.stderr, flush=True)
        for name, site in served.items():
            for what, step in steps[name].items():
                if step.found:
                    found[f"{name} {what}"] = step.figures.known()
            sizes = zip(*map(measure.memory, site.workers()), strict=True)
            resident, part = map(statistics.mean, sizes)
            found[f"{name} worker"] = {"resident_mib": resident, "part_mib": part}
            found[f"{name} start"] = {"cpu_ms": 1000 * statistics.median(starts[name])}
    return found


def texts(server: measure.Server, site: sites.Site) -> dict[str, float]:
    from bench.texts import sent, worker

    with worker(site) as pid:
        sent(server, pid)
        found = [sent(server, pid) for _round in range(3)]
    return type(found[0]).median(found).known()


def statements(steps: dict[str, Step]) -> Iterator[str]:
    """Yield the statements of each step, and how many of each it takes."""
    for name, step in steps.items():
        yield f"\n{name}: {len(step.sent) / step.counted:.1f} statements"
        kinds = Counter(_VALUE.sub("…", each)[:150] for each in step.sent)
        for kind, number in kinds.most_common():
            yield f"{number / step.counted:6.2f}  {kind}"


if __name__ == "__main__":
    main()
