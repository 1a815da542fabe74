"""Measure the officers' desk at 10,000 inquiries and at 1,000,000, beside Django's own admin list.

    make bench-desk, or TAWASUL_DEMO=1 .venv/bin/python bench/desk.py [FEWER MORE]

It starts a PostgreSQL server for itself and makes two databases with so many inquiries and what
belongs to them (`rows.py`). In both, in turn, an officer opens the queue, lists, searches and an
inquiry and takes the most urgent one, and a supervisor opens the figures. Of each page it prints,
at both sizes, the milliseconds of PostgreSQL's processor time for planning and executing its
statements (`flat.py`), and those of the portal's for the whole page: each the least of ROUNDS, as
what else the machine does only adds to them.

The exit status is 1 where a limit is missed: the queue at the larger size takes over MOST_GROWTH
times as long (both times together) or over MOST_QUEUE ms of SQL, the first page of any search over
MOST_SEARCH ms of SQL, or Django's own list over the same table less than LEAST_GAIN times as long.
"""

import os
import re
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.flat import Costs, copied_database, made, portal, turned_to

ROUNDS = 7
MOST_GROWTH, MOST_QUEUE, MOST_SEARCH, LEAST_GAIN = 1.15, 5.0, 30.0, 2.5  # times, ms, ms, times
QUEUE = "/en/staff/requests_app/inquiry/"
NEXT, FIGURES = f"{QUEUE}next/", f"{QUEUE}figures/"
PLAIN = "/en/plain/requests_app/inquiry/"
# Words that the rows get, beside names, numbers and those that each row has: of one row, of one in
# two hundred, and of the older half alone.
RARE, SELDOM, OLD = "saffron", "lavender", "rosemary"


@dataclass
class Took:
    """The milliseconds that a page took: of PostgreSQL's processor time, and of the portal's."""

    sql: float
    cpu: float
    statements: int

    @property
    def both(self) -> float:
        return self.sql + self.cpu


def pages() -> dict[str, str]:
    """Return the address of each page that is measured, by what it is."""
    from core.staff_lists import MAX_COUNTED
    from requests_app.models import Inquiry

    last = MAX_COUNTED // 50
    middle = Inquiry.objects.waiting().filter(assignee=None).order_by("due_on", "pk")[10]
    return {
        "queue": QUEUE,
        'an inquiry, with "next"': f"{QUEUE}{middle.pk}/change/",
        "take the most urgent": NEXT,
        "the figures": FIGURES,
        "list: all": f"{QUEUE}?queue=all&status__exact=closed",
        "list: one service, waiting": f"{QUEUE}?service__id__exact={middle.service_id}",
        "list: overdue": f"{QUEUE}?queue=all&time=overdue",
        "list: the last page it leads to": f"{QUEUE}?queue=all&status__exact=closed&p={last}",
        "list: page 1,000": f"{QUEUE}?queue=all&status__exact=closed&p=1000",
        "search: a word of one": f"{QUEUE}?q={RARE}",
        "search: a word of one in 200": f"{QUEUE}?q={SELDOM}",
        "search: a word of the older half": f"{QUEUE}?q={OLD}",
        "search: a word of one in nine": f"{QUEUE}?q=khan",
        "search: a word of all": f"{QUEUE}?q=missing",
        "search: two frequent words": f"{QUEUE}?q=khan+renewal",
        "search: two letters": f"{QUEUE}?q=mo",
        "search: a number": f"{QUEUE}?q={middle.reference}",
        "search: the beginning of numbers": f"{QUEUE}?q=21",
        "Django's own list": PLAIN,
        "Django's own list: a word of all": f"{PLAIN}?q=missing",
    }


def main(fewer: int, more: int) -> None:
    with ExitStack() as stack:
        stack.enter_context(portal())
        from django.test import override_settings

        stack.enter_context(override_settings(ROOT_URLCONF="bench.plain_admin"))
        sys.exit(compare(fewer, more))


def compare(fewer: int, more: int) -> int:
    from django.core.management import call_command
    from django.db import connection

    from bench.rows import fill_inquiries
    from bench.walk import reference_data
    from core.accounts.models import User
    from tests import factories
    from tests.conftest import signed_in_staff

    def opened(address: str) -> Any:
        if address == NEXT:
            return browser.post(address)
        return (supervisor if address == FIGURES else browser).get(address)

    call_command("migrate", verbosity=0)
    keys = reference_data()
    # An officer with inquiries of their own, so that the page is full at either size.
    officer = User.objects.filter(pk__in=keys["officers"]).latest("pk")
    browser, supervisor = signed_in_staff(officer), signed_in_staff(factories.supervisor())
    made(fill_inquiries, 0, fewer, keys)
    with_more = copied_database()
    spread_words()
    few_pages = pages()
    with turned_to(with_more):
        made(fill_inquiries, fewer, more, keys)
        spread_words()
        many_pages = pages()
    before: dict[str, Took] = {}
    after: dict[str, Took] = {}
    for name in few_pages:
        take(opened, few_pages[name], name, before)
        with turned_to(with_more):
            take(opened, many_pages[name], name, after)
    connection.close()
    with_more.close()
    return report(before, after, fewer, more)


def spread_words() -> None:
    """Give the older rows the words that tell how a search finds them."""
    from django.db import connection

    from requests_app.models import Inquiry

    filed = Inquiry.objects.filed().order_by("pk").values_list("pk", flat=True)
    middle = filed[filed.count() // 2]
    word = f"CASE WHEN id = {filed[0]} THEN ' {RARE}' ELSE '' END"
    word += f" || CASE WHEN mod(id, 200) = 0 THEN ' {SELDOM}' ELSE '' END"
    word += f" || CASE WHEN id < {middle} AND mod(id, 25) = 0 THEN ' {OLD}' ELSE '' END"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE requests_app_inquiry SET search_text = search_text || {word}"
            f" WHERE status <> 'draft' AND (mod(id, 25) = 0 OR id = {filed[0]})"
        )
        cursor.execute("VACUUM ANALYZE requests_app_inquiry")


def take(get: Callable[[str], Any], address: str, name: str, into: dict[str, Took]) -> None:
    """Measure one page: its statements explained, and the portal's time without explaining."""
    from tests.worlds import undone

    costs, cpu = Costs(), []
    # Django's own list takes seconds each time.
    for number in range((1 if name.startswith("Django") else ROUNDS) + 1):
        with undone(), costs.taken(name):
            response = get(address)
        assert response.status_code in (200, 302), (address, response.status_code)
        with undone():
            began = time.process_time()
            get(address)
            took = 1000 * (time.process_time() - began)
        if number:  # the first is for what is kept
            cpu.append(took)
    least = costs.least(name)
    into[name] = Took(least.milliseconds, min(cpu), least.statements)


def report(before: dict[str, Took], after: dict[str, Took], fewer: int, more: int) -> int:
    head = f"{fewer:>10,}{more:>10,}{'times':>7}"
    print(f"\n{'':40}{'SQL':>4}{'ms of SQL at':>27}{'ms of the portal at':>27}")
    print(f"{'page':44}{head}{head}")
    for name, few in before.items():
        many = after[name]
        figures = "".join(
            f"{a:>10.2f}{b:>10.2f}{b / (a or 1):>7.2f}"
            for a, b in ((few.sql, many.sql), (few.cpu, many.cpu))
        )
        print(f"{name:40}{many.statements:>4}{figures}")
    missed = missed_limits(before, after)
    for sentence in missed:
        print(f"MISSED: {sentence}")
    return int(bool(missed))


def missed_limits(before: dict[str, Took], after: dict[str, Took]) -> list[str]:
    """Return a sentence for each limit that these figures miss."""
    queue, missed = after["queue"], []
    growth = queue.both / before["queue"].both
    gain = after["Django's own list"].both / queue.both
    print(f"\nWith more rows, the queue takes {growth:.2f} times as long;")
    print(f"Django's own list takes {gain:.1f} times as long as the queue.")
    if growth > MOST_GROWTH:
        missed.append(f"the queue takes {growth:.2f} times as long (at most {MOST_GROWTH})")
    if queue.sql > MOST_QUEUE:
        missed.append(f"the queue takes {queue.sql:.1f} ms of SQL (at most {MOST_QUEUE})")
    if gain < LEAST_GAIN:
        missed.append(f"Django's own list takes {gain:.2f} times as long (at least {LEAST_GAIN})")
    missed += [
        f"{name} takes {took.sql:.1f} ms of SQL (at most {MOST_SEARCH})"
        for name, took in after.items()
        if name.startswith("search") and took.sql > MOST_SEARCH
    ]
    return missed


if __name__ == "__main__":
    sizes = [int(re.sub("[,_]", "", size)) for size in sys.argv[1:]] or [10_000, 1_000_000]
    os.chdir(Path(__file__).resolve().parent.parent)
    main(*sizes)
