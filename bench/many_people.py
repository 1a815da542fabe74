"""Measure the pages of somebody with 10,000 linked people beside those of somebody with three.

    TAWASUL_DEMO=1 .venv/bin/python bench/many_people.py [PEOPLE]

It starts a PostgreSQL server for itself, imports the people, and takes every step of filing and
booking in turn for both, five times each. It prints the bytes of HTML, the statements, and the
median milliseconds of the portal's CPU and of its statements. The exit status is 1 if a page has
over 30 KB, or a step takes more statements for many than for three.
"""

import csv
import os
import re
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.database import throw_away_postgres

ROUNDS = 5
MAX_BYTES = 30_000
FEW, MANY = "1000000008", "1000000016"  # the numbers of two citizens


def main(people: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tawasul.settings",
            "DATABASE_URL": stack.enter_context(throw_away_postgres()),
        }
        sys.exit(measure(people, folder))


def measure(people: int, folder: Path) -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests import factories
    from tests.appointments import places
    from tests.portal.test_many_people import steps_of

    call_command("migrate", verbosity=0)
    few, many = (factories.UserFactory(identity__number=number) for number in (FEW, MANY))
    factories.ServiceFactory(can_be_booked=True)
    factories.workers(few.identity, 3, first=people)
    file = folder / "people.csv"
    write_rows(file, people, holder=MANY)
    call_command("import_identities", str(file))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    slot = places.some_slot()
    found = [run(user, steps_of(user, slot)) for user in (few, many)]
    print(f"{'step':44} {'with three people':>28} {f'with {people:,}':>30}")
    print(f"{'':44} {'bytes  SQL   CPU ms  SQL ms':>28} {'bytes  SQL   CPU ms  SQL ms':>30}")
    failed = 0
    for of_few, of_many in zip(*found, strict=True):
        print(f"{of_few[0]:44} {in_words(*of_few[1:]):>28} {in_words(*of_many[1:]):>30}")
        failed += of_many[1] > MAX_BYTES or of_many[2] > of_few[2]
    return int(failed > 0)


def run(user: Any, steps: list[tuple[str, Any]]) -> list[tuple[str, int, int, float, float]]:
    """Return each step with its bytes, statements, and milliseconds of CPU and of SQL."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.appointments.browsing import verified
    from tests.worlds import undone

    browser = verified(user)
    rows = []
    for address, posted in steps:
        cpu, sql = [], []
        for _round in range(ROUNDS):
            with undone(), CaptureQueriesContext(connection) as asked:
                before = time.process_time()
                page = browser.get(address) if posted is None else browser.post(address, posted)
                cpu.append((time.process_time() - before) * 1000)
            sql.append(sum(float(query["time"]) for query in asked) * 1000)
        assert page.status_code in (200, 302), address
        name = re.sub(r"\?.*|[0-9]{12}/", "", address).removeprefix("/en/")
        method = "GET" if posted is None else "POST"
        rows.append((f"{method} {name}", len(page.content), len(asked), median(cpu), median(sql)))
    return rows


def in_words(size: int, statements: int, cpu: float, sql: float) -> str:
    return f"{size:6,} {statements:4} {cpu:8.1f} {sql:7.1f}"


def write_rows(file: Path, people: int, holder: str) -> None:
    from core.accounts.registry_records import COLUMNS

    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        for place in range(people):
            number = f"25{place:08}"
            writer.writerow(
                {
                    "record": "person",
                    "number": number,
                    "name_ar": f"\u0639\u0627\u0645\u0644 {place}",
                    "name_en": f"Worker {place}",
                    "birth_date": "1990-01-01",
                    "nationality": "PK",
                }
            )
            writer.writerow(
                {
                    "record": "link",
                    "number": number,
                    "holder": holder,
                    "kind": "employer",
                    "since": "2020-01-01",
                }
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 10_000)
