"""Forms of the staff site sent eight times at once: each makes one row."""

import uuid
from functools import partial

import pytest
from django.urls import reverse

from appointments.admin import save_preview
from appointments.models import Closure, Office, OpeningWindow
from core.catalogue.models import DocumentType, Holiday
from core.submissions import once
from core.submissions.models import Submission
from tests.appointments import places
from tests.appointments.hours_forms import closure_form, holiday_form, hours_form, office_form
from tests.conftest import signed_in_staff
from tests.factories import OfficerFactory
from tests.races.together import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def texts(*names):
    return {f"{name}_{language}": f"A {name}" for name in names for language in ("ar", "en")}


FORMS = {
    OpeningWindow: lambda: hours_form(places.office()),
    Closure: closure_form,
    Holiday: holiday_form,
    DocumentType: lambda: {"slug": "letter", **texts("name")},
    Office: office_form,
}


@pytest.fixture
def browser():
    return signed_in_staff(OfficerFactory(is_superuser=True))


def confirmed(browser, path, form):
    """Return the form as it is sent after the preview, if there is one."""
    if path == reverse("admin:catalogue_documenttype_add"):
        return form
    return {**form, "_previewed": browser.post(path, form).context["previewed"]}


def eight_saves(browser, model):
    """Return the sending of the form of a new row, after its preview, eight times."""
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
    form = {**FORMS[model](), "idempotency_key": str(uuid.uuid4())}
    return [partial(browser.post, path, confirmed(browser, path, form))] * 8


@pytest.mark.parametrize("model", FORMS, ids=lambda model: model.__name__)
def test_form_sent_eight_times_makes_one_row(browser, model):
    saves = eight_saves(browser, model)
    before = model.objects.count()

    answers = at_once(*saves)

    assert {answer.status_code for answer in answers} == {302}
    assert model.objects.count() == before + 1


@pytest.mark.parametrize("model", [OpeningWindow, Closure], ids=lambda model: model.__name__)
def test_control_without_keys_form_makes_several_rows(browser, model, guards):
    saves = eight_saves(browser, model)
    guards.replace(once, "_key_of", lambda _request: None)
    guards.wait_after(save_preview.SavePreviewMixin, "_preview", parties=8)

    at_once(*saves)

    assert model.objects.count() > 1


def test_colleague_with_the_same_slug_is_told(browser):
    """Two colleagues save forms of their own: the second is told, with what they typed."""
    path = reverse("admin:catalogue_documenttype_add")
    forms = [{**FORMS[DocumentType](), "idempotency_key": str(uuid.uuid4())} for _two in "12"]

    answers = at_once(*[partial(browser.post, path, form) for form in forms])

    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert DocumentType.objects.count() == 1


def test_form_of_the_back_button_with_another_content_makes_another_row(browser):
    path = reverse("admin:catalogue_documenttype_add")
    form = {**FORMS[DocumentType](), "idempotency_key": str(uuid.uuid4())}

    for slug in ("letter", "contract", "letter"):
        browser.post(path, {**form, "slug": slug})

    assert set(DocumentType.objects.values_list("slug", flat=True)) == {"letter", "contract"}
    assert Submission.objects.count() == 2
