"""What staff have typed comes back after their session has ended, and nothing is done with it."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission

from appointments.models import Office
from core.accounts.models import PersonOpening, Session
from core.catalogue.models import DocumentType, Service
from core.forms import ModelForm
from tawasul.portal.staff_site import SHOWN_AGAIN
from tests import factories
from tests.appointments import places
from tests.conftest import notices_on, signed_in_staff
from tests.worlds import undone

STAFF = "/en/staff/"
TYPED = "Typed while the session ended"
STILL_HERE = "Your session had ended. What you typed is still here: check it and continue."


@pytest.fixture
def chief(db):
    chief = factories.OfficerFactory(is_superuser=True)
    chief.offices.add(places.office())
    return chief


def test_every_form_that_is_shown_again_does_nothing_then():
    """A form of Django's own would save what is shown again."""
    of_admin = {
        f"{model._meta.app_label}_{model._meta.model_name}_{page}": of_model.form
        for model, of_model in admin.site._registry.items()
        for page in ("add", "change")
    }
    found = {name: of_admin[name] for name in SHOWN_AGAIN if name in of_admin}
    assert len(found) == 16
    assert all(issubclass(form, ModelForm) for form in found.values()), found


def test_what_staff_typed_comes_back(chief):
    office, service = places.office(), factories.ServiceFactory()
    kind = factories.document_type()
    for page, typed in (
        (f"catalogue/service/{service.pk}/change/", {"name_en": TYPED}),
        (f"catalogue/documenttype/{kind.pk}/change/", {"name_en": TYPED, "name_ar": "x"}),
        ("catalogue/documenttype/add/", {"name_en": TYPED, "name_ar": "x", "slug": "whole"}),
        (f"appointments/office/{office.pk}/change/", {"name_en": TYPED}),
        ("appointments/closure/add/", {"reason_en": TYPED, "reason_ar": "x"}),
        ("appointments/openingwindow/add/", {"slot_minutes": TYPED}),
        ("appointments/appointment/walk-in/", {"number": TYPED}),
        ("people/", {"words": TYPED}),
    ):
        with undone():
            check_that_it_comes_back(chief, f"{STAFF}{page}", typed)
    claimed = factories.claimed(chief)
    with undone():
        place = f"{STAFF}requests_app/inquiry/{claimed.pk}/invitation/"
        check_that_it_comes_back(chief, place, {"what_to_bring": TYPED})
    assert not Office.objects.filter(name_en=TYPED).exists()
    assert not Service.objects.filter(name_en=TYPED).exists()
    assert not PersonOpening.objects.exists()


def check_that_it_comes_back(user, place, typed):
    browser = signed_in_staff(user)
    form = browser.get(place).content.decode()
    assert f'name="typist" value="{user.pk}"' in form, place
    kinds = DocumentType.objects.count()
    Session.objects.all().delete()
    asked = browser.post(place, {**typed, "typist": user.pk})
    assert "/staff/login/" in asked.url, place
    again = signed_in_staff(user)
    # As after signing in: the session of the visitor goes on with its user.
    session = again.session
    session["kept_input"] = browser.session["kept_input"]
    session.save()
    back = again.get(place)
    assert back.status_code == 200, place
    assert TYPED in back.content.decode(), place
    assert STILL_HERE in notices_on(back)[0], place
    assert DocumentType.objects.count() == kinds
    assert TYPED not in again.get(place).content.decode(), place


def test_colleague_does_not_see_it(chief, officer):
    officer.user_permissions.add(*Permission.objects.filter(codename="open_person"))
    browser, place = signed_in_staff(chief), f"{STAFF}people/"
    Session.objects.all().delete()
    browser.post(place, {"words": TYPED, "typist": chief.pk})
    again = signed_in_staff(officer)
    session = again.session
    session["kept_input"] = browser.session["kept_input"]
    session.save()
    for _load in range(2):
        page = again.get(place)
        assert page.status_code == 200
        assert TYPED not in page.content.decode()
