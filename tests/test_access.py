"""Every address of the portal, asked for by everybody in every way: who gets what.

An address that is missing in TABLE fails the first test, so a new one cannot be forgotten.
"""

import copy
import uuid

import pytest
from captcha.models import CaptchaStore
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import translation

from requests_app.models import Inquiry
from tawasul.accounts.models import Session, User
from tawasul.catalogue.models import Holiday
from tests import factories
from tests.conftest import signed_in, signed_in_staff

pytestmark = pytest.mark.one_engine

# `unverified` is an officer who has not given the second factor, `clerk` has given it and may not
# work on inquiries, `chief` is a superuser.
ROLES = (
    *("anonymous", "stranger", "applicant", "beneficiary"),
    *("unverified", "clerk", "officer", "chief"),
)
METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST")


def everybody(status):
    return [status] * len(ROLES)


def people(stranger, applicant, beneficiary):
    """For those who have an identity; others sign in first, and staff have no business here."""
    return ["sign-in", stranger, applicant, beneficiary, *[403] * 4]


def staff(clerk, officer, chief):
    """For those who have given the second factor; the others sign in with it first."""
    return [*["staff"] * 5, clerk, officer, chief]


# What each role gets at each address: a status, or the page it is sent to for signing in. Where
# methods differ, "*" stands for those not named. The inquiry in the addresses has been filed.
TABLE = {
    "healthz": everybody(200),
    "readyz": everybody(200),
    "demo/phone/": everybody(200),
    "en/": everybody(200),
    "en/contact/": everybody(200),
    "en/services/": everybody(200),
    "en/services/<slug:slug>/": everybody(200),
    "en/my/": people(200, 200, 200),
    "en/account/sign-in/": [200, *[302] * 7],
    "en/account/sign-out/": everybody(302),
    "en/account/register/": everybody(200),
    "en/account/register/choose/": everybody(302),
    "en/account/picture/<slug:key>.png": everybody(200),
    "en/account/picture/by-text/": {"*": everybody(200), "POST": everybody(302)},
    "en/account/password/reset/": everybody(200),
    "en/account/password/reset/new/": everybody(302),
    "en/account/": people(200, 200, 200),
    "en/account/password/": {"*": people(200, 200, 200), "POST": people(302, 302, 302)},
    "en/account/mobile/": {"*": people(200, 200, 200), "POST": people(302, 302, 302)},
    "en/account/email/": {"*": people(200, 200, 200), "POST": people(302, 302, 302)},
    "en/account/language/": people(302, 302, 302),
    "en/account/devices/<slug:device>/": people(302, 302, 302),
    "en/account/acting-as/": {"*": people(200, 200, 200), "POST": people(200, 302, 200)},
    "en/inquiries/": people(200, 200, 200),
    "en/inquiries/new/": people(200, 200, 200),
    "en/inquiries/<reference:reference>/": people(404, 200, 200),
    "en/inquiries/<reference:reference>/details/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/documents/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/documents/<int:pk>/": people(404, 200, 200),
    "en/inquiries/<reference:reference>/documents/<int:pk>/preview/": people(404, 200, 200),
    "en/inquiries/<reference:reference>/review/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/confirm/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/receipt/": people(404, 200, 200),
    "en/inquiries/<reference:reference>/subject/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/mobile/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/mobile/send/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/delete/": people(404, 302, 302),
    "en/inquiries/<reference:reference>/withdraw/": {
        "*": people(404, 200, 404),
        "POST": people(404, 302, 404),
    },
    # It has not been returned: there is nothing to answer.
    "en/inquiries/<reference:reference>/answer/": {
        "*": people(404, 302, 404),
        "POST": people(404, 200, 404),
    },
    "en/staff/": staff(200, 200, 200),
    "en/staff/code/": everybody(302),
    "en/staff/login/": {"*": everybody(200), "GET": [*[200] * 5, 302, 302, 302]},
    "en/staff/logout/": {
        "*": [*[302] * 5, 405, 405, 405],
        "OPTIONS": [*[302] * 5, 200, 200, 200],
        "POST": everybody(302),
    },
    "en/staff/password_change/": {"*": staff(200, 200, 200), "DELETE": staff(405, 405, 405)},
    "en/staff/password_change/done/": {
        "*": staff(200, 200, 200),
        **dict.fromkeys(("PUT", "DELETE", "POST"), staff(405, 405, 405)),
    },
    "en/staff/autocomplete/": {
        "*": staff(405, 405, 405),
        "OPTIONS": staff(200, 200, 200),
        **dict.fromkeys(("GET", "HEAD"), staff(403, 403, 403)),
    },
    "en/staff/jsi18n/": {
        "*": staff(200, 200, 200),
        **dict.fromkeys(("PUT", "DELETE", "POST"), staff(405, 405, 405)),
    },
    "en/staff/^(?P<app_label>catalogue|requests_app)/$": staff(404, 200, 200),
    "en/staff/(?P<url>.*)$": staff(404, 404, 404),
    "en/staff/requests_app/inquiry/": staff(403, 200, 200),
    "en/staff/requests_app/inquiry/add/": staff(403, 403, 403),
    "en/staff/requests_app/inquiry/<path:object_id>/": staff(302, 302, 302),
    "en/staff/requests_app/inquiry/<path:object_id>/change/": staff(403, 200, 200),
    "en/staff/requests_app/inquiry/<path:object_id>/delete/": staff(403, 403, 403),
    "en/staff/requests_app/inquiry/<path:object_id>/history/": staff(403, 200, 200),
    **{
        f"en/staff/requests_app/inquiry/<int:pk>/{button}/": staff(403, 302, 302)
        for button in ("claim", "note")
    },
    # It has been taken up by nobody, is not decided, and nobody is chosen to have it.
    **{
        f"en/staff/requests_app/inquiry/<int:pk>/{button}/": {
            "*": staff(403, 302, 302),
            "POST": staff(403, 200, 200),
        }
        for button in ("release", "assign", "close")
    },
    "en/staff/requests_app/inquiry/bulk/<slug:name>/": staff(403, 302, 302),
    "en/staff/requests_app/inquiry/<int:pk>/answer/": {
        "*": staff(403, 302, 302),
        "POST": staff(403, 200, 200),
    },
    "en/staff/requests_app/inquiry/<int:pk>/documents/<int:document_pk>/": staff(403, 200, 200),
    "en/staff/requests_app/inquiry/<int:pk>/documents/<int:document_pk>/preview/": staff(
        *(403, 200, 200)
    ),
}
for model in ("service", "documenttype", "holiday"):
    TABLE |= {
        f"en/staff/catalogue/{model}/": staff(403, 403, 200),
        f"en/staff/catalogue/{model}/add/": staff(403, 403, 200),
        f"en/staff/catalogue/{model}/<path:object_id>/": staff(302, 302, 302),
        f"en/staff/catalogue/{model}/<path:object_id>/change/": staff(403, 403, 200),
        f"en/staff/catalogue/{model}/<path:object_id>/delete/": staff(403, 403, 403),
        f"en/staff/catalogue/{model}/<path:object_id>/history/": staff(403, 403, 200),
    }
TABLE["en/staff/catalogue/holiday/<path:object_id>/delete/"] = {
    "*": staff(403, 403, 200),
    "POST": staff(403, 403, 302),
}

# Nobody comes to the page of a code without the step before it.
for step in ("", "register/", "password/reset/", "picture/by-text/", "mobile/", "email/"):
    TABLE[f"en/account/{step}code/"] = everybody(302)
    TABLE[f"en/account/{step}code/resend/"] = everybody(302)

# The same addresses with a draft, where that makes a difference.
OF_A_DRAFT = {
    "en/inquiries/<reference:reference>/": people(404, 302, 404),
    "en/inquiries/<reference:reference>/details/": {
        "*": people(404, 200, 404),
        "POST": people(404, 302, 404),
    },
    "en/inquiries/<reference:reference>/documents/": people(404, 200, 404),
    "en/inquiries/<reference:reference>/documents/<int:pk>/": people(404, 200, 404),
    "en/inquiries/<reference:reference>/documents/<int:pk>/preview/": people(404, 200, 404),
    "en/inquiries/<reference:reference>/review/": {
        "*": people(404, 200, 404),
        "POST": people(404, 302, 404),
    },
    "en/inquiries/<reference:reference>/confirm/": people(404, 200, 404),
    "en/inquiries/<reference:reference>/receipt/": people(404, 302, 404),
    # What is posted names the establishment, for which the applicant does not act at the moment.
    "en/inquiries/<reference:reference>/subject/": people(404, 200, 404),
    # Its mobile is the account's, to which a code has gone already.
    "en/inquiries/<reference:reference>/mobile/": people(404, 302, 404),
    "en/inquiries/<reference:reference>/mobile/send/": people(404, 302, 404),
    "en/inquiries/<reference:reference>/delete/": {
        "*": people(404, 200, 404),
        "POST": people(404, 302, 404),
    },
    "en/inquiries/<reference:reference>/withdraw/": people(404, 404, 404),
    "en/inquiries/<reference:reference>/answer/": people(404, 404, 404),
    "en/staff/requests_app/inquiry/<path:object_id>/change/": staff(403, 404, 404),
    "en/staff/requests_app/inquiry/<path:object_id>/history/": staff(302, 302, 302),
    **{
        f"en/staff/requests_app/inquiry/<int:pk>/{page}/": staff(403, 404, 404)
        for page in ("claim", "release", "assign", "note", "close", "answer")
    },
    "en/staff/requests_app/inquiry/<int:pk>/documents/<int:document_pk>/": staff(403, 404, 404),
    "en/staff/requests_app/inquiry/<int:pk>/documents/<int:document_pk>/preview/": staff(
        *(403, 404, 404)
    ),
}


def routes(resolver, before=""):
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route


class World:
    """One person in each role, an inquiry that was filed, and a draft, each with a document.

    The applicant represents an establishment.
    """

    def __init__(self):
        person = factories.UserFactory(identity__name_en="Ayesha Noor")
        self.applicant = applicant = factories.UserFactory(email="applicant@example.org")
        factories.link(applicant.identity, person.identity)
        self.establishment = factories.IdentityFactory(number="7000000017", birth_date=None)
        factories.link(self.establishment, applicant.identity, "representative")
        self.draft = factories.draft(applicant, beneficiary=person.identity)
        self.filed = factories.draft(applicant, beneficiary=person.identity)
        self.documents = {each: factories.attached(each) for each in (self.draft, self.filed)}
        self.filed = factories.submitted(self.filed)
        self.holiday = Holiday.objects.create(day="2026-09-23", name_ar="اليوم الوطني")
        at_work = {"is_staff": True, "identity": None, "mobile": ""}
        self.browsers = {
            "anonymous": Client(),
            "stranger": signed_in(factories.UserFactory()),
            "applicant": signed_in(applicant),
            "beneficiary": signed_in(person),
            "unverified": signed_in(factories.OfficerFactory()),
            "clerk": signed_in_staff(factories.UserFactory(**at_work)),
            "officer": signed_in_staff(factories.OfficerFactory()),
            "chief": signed_in_staff(factories.UserFactory(**at_work, is_superuser=True)),
        }
        self.picture = CaptchaStore.generate_key()
        self.before = self.account_of_the_applicant()

    def address(self, route, inquiry):
        document = self.documents[inquiry]
        rows = {
            "service": inquiry.service,
            "documenttype": document.document_type,
            "holiday": self.holiday,
            "inquiry": inquiry,
        }
        model = next((name for name in rows if f"/{name}/" in route), "inquiry")
        parts = {
            "<reference:reference>": inquiry.reference,
            "documents/<int:pk>": f"documents/{document.pk}",
            "<int:document_pk>": document.pk,
            "<int:pk>": inquiry.pk,
            "<slug:slug>": inquiry.service.slug,
            "bulk/<slug:name>": "bulk/claim",
            "<path:object_id>": rows[model].pk,
            "^(?P<app_label>catalogue|requests_app)/$": "requests_app/",
            "(?P<url>.*)$": "nothing",
            "<slug:device>": self.device_of_the_applicant().device,
            "<slug:key>": self.picture,
        }
        for part, value in parts.items():
            route = route.replace(part, str(value))
        return f"/{route}"

    def answer(self, role, method, address):
        """What comes back; whatever the request did is taken back afterwards."""
        browser = Client(raise_request_exception=False)
        browser.cookies = copy.deepcopy(self.browsers[role].cookies)
        before = transaction.savepoint()
        if method == "POST":
            response = browser.post(address, self.everything())
        else:
            response = browser.generic(method, address)
        if response.streaming:
            list(response.streaming_content)  # to its end, which closes the file
        if method not in ("GET", "HEAD", "OPTIONS"):
            self.check_that_nothing_changed(role, address)
        transaction.savepoint_rollback(before)
        return told(response)

    def everything(self):
        """Fields of every form, filled as those would who may send it."""
        return {
            **factories.details_of(self.filed, description="Put there by somebody who may not."),
            "key": uuid.uuid4(),
            "shown": self.draft.content_digest(),
            "code": "123456",
            "deed": "approve",
            "seen": self.filed.version,
            "item": f"{self.filed.pk}:{self.filed.version}",
            "beneficiary": self.filed.beneficiary.pk,
            "service": self.filed.service.slug,
            "text": "An answer.",
            "password": factories.PASSWORD,
            "new_password": "seven Kettles and a door",
            "again": "seven Kettles and a door",
            "mobile": "0550000432",
            "email": "somebody@example.org",
            "language": "ar",
            "holder": self.establishment.pk,
        }

    def device_of_the_applicant(self):
        return Session.objects.get(
            session_key=self.browsers["applicant"].cookies["sessionid"].value
        )

    def account_of_the_applicant(self):
        account = User.objects.values().get(pk=self.applicant.pk)
        return account, self.device_of_the_applicant().session_data

    def check_that_nothing_changed(self, role, address):
        if role != "applicant":
            assert self.account_of_the_applicant() == self.before, (
                f"{role} has changed an account at {address}"
            )
        if role in ("applicant", "officer", "chief"):
            return
        for known in (self.draft, self.filed):
            found = Inquiry.objects.get(pk=known.pk)
            assert (found.version, found.description) == (known.version, known.description), (
                f"{role} has changed an inquiry at {address}"
            )


def told(response):
    target = response.headers.get("Location", "")
    if target.startswith("/en/account/sign-in/?"):
        return "sign-in"
    if target.startswith("/en/staff/login/?"):
        return "staff"
    return response.status_code


def differences(table, inquiry_of):
    """Where somebody gets something else than `table` says, in words."""
    world = World()
    for route, rows in table.items():
        address = world.address(route, inquiry_of(world))
        rows = rows if isinstance(rows, dict) else {"*": rows}
        for method in METHODS:
            for role, expected in zip(ROLES, rows.get(method, rows["*"]), strict=True):
                got = world.answer(role, method, address)
                if got != expected:
                    yield f"{role}, {method} {address}: {got} instead of {expected}"


def test_every_address_stands_in_the_table():
    with translation.override("en"):
        assert set(routes(get_resolver())) == set(TABLE)


@pytest.mark.django_db
def test_everybody_gets_what_is_theirs_and_nothing_else():
    assert not list(differences(TABLE, lambda world: world.filed))


@pytest.mark.django_db
def test_a_draft_is_there_for_nobody_but_its_applicant():
    assert not list(differences(OF_A_DRAFT, lambda world: world.draft))
