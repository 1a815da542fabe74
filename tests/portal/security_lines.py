"""Lines of the security log: what a deed leaves, and the lines that tests expect of it."""

import io
import json
import logging
import re
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import TestCase

from core.exceptions import RuleViolation
from core.security_log import LOGGER, JsonLine, pseudonym
from deploy.house import ROOT
from tests import factories

ORDER = [
    *("time", "event", "outcome", "account", "typed", "person", "staff", "purpose"),
    *("kind", "reference", "filters", "rows", "network", "request"),
]

_TABLE = (ROOT / "docs/security-log.md").read_text().partition("\n## Events")[2]
# The row of each event in the documentation.
DOCUMENTED = dict(re.findall(r"(?m)^\| `(\w+)` (\|.*)$", _TABLE.partition("\n## ")[0]))


@contextmanager
def security_log():
    """Yield a function that runs a deed and returns what it leaves in the security log.

    The time and the request of each line are checked for their shape and left out.
    """
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(JsonLine())
    logging.getLogger(LOGGER).addHandler(handler)

    def lines(do):
        handler.stream = io.StringIO()
        with TestCase.captureOnCommitCallbacks(execute=True):
            do()
        found = [json.loads(line) for line in handler.stream.getvalue().splitlines()]
        for line in found:
            assert list(line) == [name for name in ORDER if name in line]
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
            assert re.fullmatch(r"\d{4}(-\d{4}){3}", line.pop("request", "1234-1234-1234-1234"))
            assert f"`{line['outcome']}`" in DOCUMENTED[line["event"]], "the outcome is documented"
        return found

    try:
        yield lines
    finally:
        logging.getLogger(LOGGER).removeHandler(handler)


def line(event, outcome="done", *, account=None, typed="", person=None, staff=None, **facts):
    """Return the line of an event of a request from the address of the test's browsers."""
    found = {"event": event, "outcome": outcome}
    if account:
        found["account"] = pseudonym("account", account.pk)
    if typed:
        found["typed"] = pseudonym("typed", typed)
    if person:
        found["person"] = pseudonym("person", person.pk)
    if staff:
        found["staff"] = pseudonym("account", staff.pk)
    return {**found, **facts, "network": pseudonym("network", "127.0.0.1")}


def check(lines, deeds):
    """Do each deed, one after the other, and compare all lines that it leaves."""
    for do, *expected in deeds:
        assert lines(do) == expected


def without_network(expected):
    """Return the line without its request, as an action leaves it that is called alone."""
    return {name: value for name, value in expected.items() if name != "network"}


def refused(action, **fields):
    """Carry out an action that is refused, in a transaction that is rolled back."""
    with pytest.raises(RuleViolation), transaction.atomic():
        action(**fields)


def employee():
    """Return an officer who is a resident too, and has cases of their own."""
    fields = {"identity": factories.IdentityFactory(), "mobile": "+966512345678"}
    return factories.of_role("officer", **fields)
