"""A supervisor exports what the queue lists, follows it and fetches the file."""

import pytest
from playwright.sync_api import expect

from requests_app.models import Export
from tawasul.portal.chores import make_exports
from tests import factories
from tests.browser.looks import people
from tests.conftest import signed_in_staff
from tests.requests_app.exporting import lines_in

pytestmark = pytest.mark.browser


@pytest.fixture
def supervisor(visit, resident, service):
    """A visitor who is a supervisor, with three inquiries in the queue."""
    for _inquiry in range(3):
        factories.filed(resident, service=service)
        factories.let_a_minute_pass(resident)
    supervisor = visit()
    supervisor.use_session_of(signed_in_staff(people.of_group("supervisor", "1000000115")))
    return supervisor


def ask_for_file(supervisor):
    supervisor.open("staff/requests_app/inquiry/?queue=all")
    supervisor.follow("Export")
    supervisor.page.locator("[value=csv]").check()
    supervisor.press("Make the file")


def fetched(supervisor):
    with supervisor.page.expect_download() as waiting:
        supervisor.link("Download").click()
    return lines_in(waiting.value.path().read_bytes())


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_page_follows_the_file_until_it_is_ready(supervisor):
    ask_for_file(supervisor)
    row = supervisor.page.locator(".exports li")
    expect(row.locator(".tag")).to_have_text(supervisor.reads("Waiting"))
    link = supervisor.link("Show the list")
    link.focus()
    make_exports()
    # Whoever has reached a link of the row keeps it under their fingers.
    for _look in range(2):
        supervisor.page.wait_for_event("requestfinished")
    expect(link).to_be_focused()
    link.blur()
    told = supervisor.page.locator("[data-progress]")
    ready = f"{supervisor.reads('Text file (CSV)')}: {supervisor.reads('Ready')}"
    expect(told).to_have_text(ready)
    supervisor.look()
    headings, *lines = fetched(supervisor)
    assert headings[0] == supervisor.reads("request number").capitalize()
    assert len(lines) == Export.objects.get().rows == 3


@pytest.mark.parametrize("scripts", [False])
def test_without_scripts_a_link_shows_whether_it_is_ready(supervisor):
    ask_for_file(supervisor)
    make_exports()
    supervisor.follow("Refresh")
    assert len(fetched(supervisor)) == 4
