"""The pages of the desk: today, the waiting room screen, walk-ins and the list of appointments."""

import re

from tests.conftest import words

LIST = "/en/staff/appointments/appointment/"
TODAY, CALLS, WALK_IN = f"{LIST}today/", f"{LIST}calls/", f"{LIST}walk-in/"
HERE = f"{TODAY}?office=al-rimal"
ROW = re.compile(r'(?s)<li id="n(\d+)".*?</li>')


def desk_of(appointment, page="change"):
    return f"{LIST}{appointment.pk}/{page}/"


def press(browser, appointment, button, **fields):
    return browser.post(desk_of(appointment, f"{button}/press"), fields, follow=True)


def rows(page):
    """Return {primary key: text of the row} of the page of today, from the top."""
    return {int(row[1]): words(row[0]) for row in ROW.finditer(page.content.decode())}


def shown(browser, **query):
    """Return the primary keys of the appointments on the page of today, from the top."""
    page = browser.get(TODAY, query)
    assert page.status_code == 200
    return list(rows(page))


def arabic(digits):
    return digits.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
