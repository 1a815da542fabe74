"""Who reads the figures of which office."""

import re

import pytest
from django.test import Client

from tests import factories
from tests.appointments import places
from tests.appointments.figures.pages import FILES, HUGE, MANAGER, figures_of
from tests.appointments.hours_forms import OFFICES
from tests.conftest import signed_in, signed_in_staff, without_tokens, words

pytestmark = pytest.mark.django_db


def answers(browser, office):
    return [browser.get(figures_of(office, page)).status_code for page in FILES]


def is_offered(browser):
    """Return whether the list of offices links to the figures of one of them."""
    page = browser.get(OFFICES).content.decode()
    link = re.search(r'href="([^"]*)">Figures of your offices<', page)
    return bool(link) and browser.get(link[1]).status_code == 200


def test_figures_are_for_superusers_and_managers_of_the_office(manager, office, elsewhere):
    clerk, secretary = ("view_appointment", "receive_appointment"), ("view_office", "change_office")
    for user, here, there in (
        (manager, 200, 404),
        (factories.OfficerFactory(is_superuser=True), 200, 200),
        (places.clerk(codenames=MANAGER), 404, 404),
        *((places.clerk(office, codenames=some), 403, 403) for some in ((), clerk, secretary)),
    ):
        browser = signed_in_staff(user)
        assert answers(browser, office) == [here] * 3, user
        assert answers(browser, elsewhere) == [there] * 3, user
        assert is_offered(browser) == (here == 200), user


def test_foreign_and_missing_office_answer_alike(browser, elsewhere):
    for page in FILES:
        of_another = browser.get(figures_of(elsewhere, page))
        path, nowhere = f"office/{elsewhere.pk}/", "office/987654/"
        of_nothing = browser.get(figures_of(elsewhere, page).replace(path, nowhere))
        assert of_nothing.status_code == of_another.status_code == 404
        read = without_tokens(of_nothing).decode().replace(nowhere, path)
        assert read == without_tokens(of_another).decode()


def test_manager_of_two_offices_can_switch(browser, manager, office, elsewhere):
    assert "Qasr" not in words(browser.get(figures_of(office)))
    manager.offices.add(elsewhere)
    page = browser.get(figures_of(office), {"month": "2026-07"})
    link = f'<a href="{figures_of(elsewhere)}?month=2026-07"><bdi>Qasr Al-Hukm</bdi></a>'
    assert link in page.content.decode()
    assert "Another office" in words(page)
    assert answers(browser, elsewhere) == [200, 200, 200]


def test_browser_without_staff_session_goes_to_sign_in(office, manager):
    resident = factories.UserFactory()
    resident.user_permissions.set(manager.user_permissions.all())
    office.clerks.add(resident)
    # A password alone does not open the staff site.
    for browser in (Client(), signed_in(resident), signed_in(manager)):
        assert answers(browser, office) == [302, 302, 302]


def test_unknown_office_has_no_figures(browser):
    for pk in ("0", "1" * 18, HUGE):
        for page in FILES:
            assert browser.get(f"{OFFICES}{pk}/figures/{page}").status_code == 404, (pk, page)
