"""A walk through both services, with errors forced on the way: no line of a log tells of a person.

Both logs are read as they are printed, with everything that any logger has to say.
"""

import io
import logging
import re
import uuid
from base64 import b32decode
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client, TestCase, override_settings
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.models import Identity, IdentityNumber, Session, User
from core.chores import actions as chores
from core.messaging.models import Message
from core.security_log import LOGGER, Event, JsonLine
from requests_app import actions
from requests_app.models import Export, Inquiry
from tawasul.portal.chores import make_exports
from tawasul.portal.demo_phone import current_code
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import TIMES, VERIFY, address, criteria_of, own_data, take
from tests.appointments.browsing import page_of as page_of_appointment
from tests.appointments.desk.pages import LIST, WALK_IN
from tests.conftest import ask_for_code, picture_on
from tests.core.accounts import pages
from tests.core.accounts.test_authenticator import APP, codes_on, key_on
from tests.delivery import deliver_due
from tests.requests_app import steps
from tests.requests_app.desk_pages import QUEUE, answer, desk_of, press
from tests.requests_app.files import names_on
from tests.requests_app.malware import FakeScanner, malware

pytestmark = pytest.mark.django_db

NUMBER, OTHER_NUMBER, TYPED_NUMBER = "2987654320", "2876543212", "2765432105"
MOBILE, OTHER_MOBILE, LATER_MOBILE = "+966501234567", "+966507654321", "+966550000999"
EMAIL, WRONG = "ayesha.noor@example.org", "wrong-but-telling"
GATEWAYS = "core.messaging.gateways"


@pytest.fixture
def printed(caplog):
    """Return the stream to which both logs are printed, in the formats of production."""
    stream = io.StringIO()
    (console,) = (
        each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler
    )
    security = logging.StreamHandler(stream)
    security.setFormatter(JsonLine())
    logging.getLogger(LOGGER).addHandler(security)
    before = console.setStream(stream)
    caplog.set_level(logging.DEBUG)
    # The tests' own factories print what they make.
    caplog.set_level(logging.WARNING, logger="factory")
    yield stream
    console.setStream(before)
    logging.getLogger(LOGGER).removeHandler(security)


class Walk:
    """The people of the walk, and all that no log may tell of them."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch
        identity = factories.IdentityFactory(number=NUMBER, mobile=MOBILE)
        self.person = factories.UserFactory(username="aslam", identity=identity, mobile=MOBILE)
        self.newcomer = factories.IdentityFactory(
            name_ar="سيتي أمينة", name_en="Siti Aminah", number=OTHER_NUMBER, mobile=OTHER_MOBILE
        )
        self.secrets = {TYPED_NUMBER, EMAIL, WRONG, factories.PASSWORD, pages.NEW_PASSWORD}
        self.secrets |= {"1986-03-14", factories.DESCRIPTION, pages.NEW_MOBILE, "passport.jpg"}
        self.office = places.office()
        self.officer, self.manager = factories.of_role("supervisor"), places.manager(self.office)
        self.browser = Client(raise_request_exception=False)

    def collect(self):
        """Note the codes and sessions of this moment, which go as the walk goes on."""
        for message in Message.objects.filter(is_encrypted=True).exclude(text=""):
            self.secrets |= set(re.findall(r"\b\d{6}\b", factories.decrypt(message.text)))
        self.secrets |= set(Session.objects.values_list("session_key", flat=True))
        for contact in ("mobile", "email", "username"):
            self.secrets |= set(map(str, User.objects.values_list(contact, flat=True)))

    def post(self, address, **form):
        page = self.browser.post(address, form)
        self.collect()
        return page

    def use_code(self, address, user, purpose, **options):
        code = factories.code_sent_to(user, purpose)
        self.post(address, code=steps.wrong(code))
        self.secrets |= {code, steps.wrong(code)}
        return self.post(address, code=code, **options)

    def sign_in(self, password=factories.PASSWORD):
        for login, given in (("nobody", WRONG), (TYPED_NUMBER, WRONG), (NUMBER, WRONG)):
            self.post(pages.SIGN_IN, login=login, password=given)
        for _time in range(2):
            self.post(pages.SIGN_IN, login=NUMBER, password=password)
        assert self.use_code(pages.CODE, self.person, "sign_in").status_code == 302

    def register(self):
        browser = self.browser = Client(raise_request_exception=False)
        pages.ask_to_register(Client(raise_request_exception=False), TYPED_NUMBER)
        pages.ask_to_register(browser, OTHER_NUMBER)
        self.use_code(f"{pages.REGISTER}code/", None, "register")
        assert pages.choose(browser, username="siti").status_code == 302
        browser.post(pages.SIGN_OUT)

    def reset(self):
        self.browser = Client(raise_request_exception=False)
        pages.ask_to_reset(self.browser, NUMBER)
        self.use_code(f"{pages.RESET}code/", None, "reset")
        assert pages.set_password(self.browser).status_code == 302
        self.person.refresh_from_db()

    def lose_the_mobile(self):
        """Take the mobile that the registry has meanwhile, and object to it."""
        self.browser = Client(raise_request_exception=False)
        self.secrets |= {LATER_MOBILE}
        Identity.objects.filter(pk=self.person.identity_id).update(mobile=LATER_MOBILE)
        pages.ask_to_recover(self.browser, NUMBER)
        self.use_code(f"{pages.RECOVER}code/", None, "recover")
        self.post(f"{pages.RECOVER}mobile/")
        for password in (WRONG, pages.NEW_PASSWORD):
            pages.object_to_recovery(self.browser, "aslam", password)
        self.collect()

    def change_account(self):
        for password in (WRONG, pages.NEW_PASSWORD):
            self.post(pages.CHANGE_MOBILE, mobile=pages.NEW_MOBILE, password=password)
        self.use_code(pages.MOBILE_CODE, self.person, "mobile")
        self.post(pages.CHANGE_EMAIL, email=EMAIL, password=pages.NEW_PASSWORD)
        self.use_code(pages.EMAIL_CODE, self.person, "email")
        self.person.refresh_from_db()
        assert (self.person.mobile, self.person.email) == (pages.NEW_MOBILE, EMAIL)
        self.post(f"{pages.ACCOUNT}devices/")

    def file(self):
        browser = self.browser
        factories.document_type()
        self.inquiry = factories.draft(self.person, is_ready=False)
        steps.save_details(browser, self.inquiry, mobile=TYPED_NUMBER)
        steps.save_details(browser, self.inquiry)
        page = steps.add_documents(browser, self.inquiry, factories.picture())
        assert names_on(page) == ["passport.jpg"]
        scanner = FakeScanner(self.monkeypatch.setattr)
        for scanner.is_away in (True, False):
            steps.add_documents(browser, self.inquiry, malware(f"{NUMBER}.pdf"))
        actions.scan_quarantined()
        ask_for_code(browser, self.inquiry)
        filed = self.use_code(steps.page_of(self.inquiry, "confirm"), self.person, "file")
        assert filed.url == steps.page_of(self.inquiry, "receipt")

    def work(self, colleague):
        """Sign in on the staff site, look for the person, and send the inquiry back."""
        staff = self.browser = Client(raise_request_exception=False)
        paper = StaticDevice.objects.create(user=colleague, name="paper")
        paper.token_set.create(token="abcd2345")
        login, told = colleague.username, f"{QUEUE}?q={NUMBER}"
        for password in (WRONG, factories.PASSWORD):
            self.post(pages.STAFF_SIGN_IN, login=login, password=password, next=told)
        self.post("/en/staff/code/", code="765432")
        StaticDevice.objects.update(throttling_failure_timestamp=None)
        assert self.post("/en/staff/code/", code="abcd2345").status_code == 302
        self.secrets |= {"765432", "abcd2345"}
        return staff

    def return_inquiry(self):
        staff = self.work(self.officer)
        assert staff.get(QUEUE, {"q": NUMBER}).status_code == 200
        press(staff, self.inquiry, "claim")
        document = self.inquiry.attachments.get()
        staff.get(f"{QUEUE}{self.inquiry.pk}/documents/{document.pk}/").getvalue()
        self.export(staff)
        answer(staff, self.inquiry, "return", f"Is {TYPED_NUMBER} your number?")
        self.inquiry.refresh_from_db()
        assert self.inquiry.is_returned
        staff.post("/en/staff/people/", {"words": OTHER_NUMBER})
        reason = {"reason": f"A call about {OTHER_NUMBER}."}
        staff.post(f"/en/staff/people/{self.newcomer.pk}/", reason)
        assert staff.get("/en/staff/appointments/office/").status_code == 403
        assert staff.get(desk_of(Inquiry(pk=10**9))).status_code == 404

    def export(self, staff):
        """Export what is searched for, and what no filter offers, and fetch one of the files."""
        form = {"file_format": "csv", "with_personal": "on"}
        for query in (f"queue={NUMBER}", f"queue=all&q={NUMBER}"):
            page = f"{QUEUE}export/?{query}"
            assert staff.post(page, {**form, "idempotency_key": uuid.uuid4()}).status_code == 302
        make_exports()
        export = Export.objects.latest("pk")
        assert NUMBER in staff.get(f"{QUEUE}exports/{export.pk}/").getvalue().decode()

    def answer_return(self):
        page = self.browser.get(steps.page_of(self.inquiry, "answer"))
        form = steps.form_on(page, f"It is {NUMBER}.")
        self.post(steps.page_of(self.inquiry, "answer"), **form)
        self.inquiry.refresh_from_db()
        assert not self.inquiry.is_returned

    def book(self):
        browser, (first, second) = self.browser, places.some_slots(2, capacity=2)
        page = browser.get(VERIFY)
        self.post(VERIFY, **own_data(self.person, number=TYPED_NUMBER), **picture_on(page))
        self.post(VERIFY, **own_data(self.person), **picture_on(browser.get(VERIFY)))
        criteria = criteria_of(self.person.identity, factories.ServiceFactory())
        chosen = {"office": first.office.slug, "day": first.day}
        take(browser, address(TIMES, criteria, **chosen), first)
        (appointment,) = self.person.appointments.all()
        page = page_of_appointment(appointment)
        self.post(f"{page}confirm/")
        take(browser, address(f"{page}move/time/", chosen), second)
        self.post(f"{page}cancel/")
        appointment.refresh_from_db()
        assert (appointment.slot, appointment.status) == (second, "cancelled")
        foreign = places.confirmed(slot=first)
        assert browser.get(page_of_appointment(foreign)).status_code == 404

    def receive(self):
        desk, office = self.work(self.manager), f"office={self.office.slug}"
        assert desk.get(LIST, {"q": NUMBER}).status_code == 200
        form = desk.get(f"{WALK_IN}?{office}").context["form"]
        key, service = form["idempotency_key"].value(), factories.ServiceFactory()
        typed = {"number": NUMBER, "service": service.pk, "operations": 1, "idempotency_key": key}
        desk.post(f"{WALK_IN}?{office}", typed)
        desk.get(f"/en/staff/appointments/office/{self.office.pk}/figures/csv/")
        self.prepare_inquiry(desk)
        self.help_a_caller(desk)
        establishment = factories.IdentityFactory(number="7000000001", birth_date=None)
        mandate = factories.link(establishment, self.person.identity, "representative")
        worker = factories.link(establishment, factories.IdentityFactory()).person
        inquiry = factories.filed(self.person, beneficiary=worker, holder=establishment)
        self.collect()
        mandate.delete()
        return steps.page_of(inquiry, "withdraw")

    def prepare_inquiry(self, desk):
        """Begin an inquiry at the counter, after the document of somebody else."""
        person = self.person.identity
        page = f"/en/staff/people/{person.pk}/"
        desk.post(page, {"reason": f"{NUMBER} is here and asks for help."})
        for end in ("0000", NUMBER[-4:]):
            desk.post(f"{page}inquiry/", {"document": "iqama", "document_end": end})
        form = steps.first_step(factories.ServiceFactory(), person)
        assert "/prepare/" in desk.post("/en/staff/prepare/new/", form).url

    def help_a_caller(self, desk):
        """Begin to help the person, who reads out the code of a text."""
        page = f"{LIST}assistance/?office={self.office.slug}"
        form = {"number": NUMBER, "aim": "change", "way": "phone", "idempotency_key": uuid.uuid4()}
        code_page = desk.post(page, form).url
        code = factories.code_sent_to(self.person, "caller")
        self.secrets.add(code)
        for guess in ("123456", code):
            desk.post(code_page, {"code": guess})
        assert desk.get(code_page).url == code_page.removesuffix("code/")

    def use_app(self):
        """Add an authenticator app, and take it off with a recovery code."""
        page = self.browser.post(APP, {"password": pages.NEW_PASSWORD}, follow=True)
        app = key_on(page)
        code = factories.shown_by(app)
        page = self.browser.post(f"{APP}confirm/", {"code": code}, follow=True)
        recovery_code, *others = codes_on(page)
        self.secrets |= {app.key, code, recovery_code, *others}
        self.post(f"{APP}remove/", password=pages.NEW_PASSWORD, code=recovery_code)
        self.collect()
        assert not TOTPDevice.objects.filter(user=self.person).exists()

    def keep_staff(self):
        """Let a keeper do everything with an account, its holder set it up, an auditor sign."""
        members = "/en/staff/members/"
        address = "yasmin.saleh@example.org"
        keeper = self.work(factories.of_role("keeper"))
        duties = {"roles": ["officer"], "email": address, "expected_version": 0}
        new = {**duties, "username": "yasmin", "idempotency_key": uuid.uuid4()}
        self.enrol(self.code_on(self.post(f"{members}add/", **new)))
        self.browser = keeper
        page = f"{members}{User.objects.get(username='yasmin').pk}/"
        changed = {"roles": ["clerk"], "offices": [self.office.slug], "email": EMAIL}
        self.post(page, **{**duties, **changed, "expected_version": 2})
        made = self.post(f"{page}recovery-codes/", expected_version=5)
        self.secrets |= set(made.context["codes"])
        self.code_on(self.post(f"{page}authenticator/", expected_version=6))
        self.post(f"{page}end/", expected_version=7)
        self.code_on(self.post(f"{page}take-back/", **{**duties, "expected_version": 8}))
        auditor = self.work(factories.of_role("auditor"))
        form = auditor.get(f"{members}review/").context["form"]
        shown = {name: form[name].value() for name in ("shown", "idempotency_key")}
        assert self.post(f"{members}review/", **shown).status_code == 302

    def code_on(self, page):
        """Return the code of the enrolment on the page, of which no log may tell."""
        code = page.context["code"]
        self.secrets |= {code, code.replace("-", "")}
        return code

    def enrol(self, code):
        self.browser = Client(raise_request_exception=False)
        for typed in ("wrong-code-by-post", code):
            self.secrets.add(typed)
            self.post("/en/staff/enrol/", username="yasmin", code=typed)
        password = dict.fromkeys(("new_password", "again"), pages.NEW_PASSWORD)
        page = self.browser.get(self.post("/en/staff/enrol/password/", **password).url)
        key = page.context["secret"].replace(" ", "")
        digits = current_code(TOTPDevice(key=b32decode(key).hex()))
        self.secrets |= {key, digits}
        self.secrets |= set(self.post(page.wsgi_request.path, code=digits).context["codes"])

    def fail(self):
        """Let a page, a chore and the gateways fail, each with an error that tells of people."""
        inquiry = factories.draft(self.person, is_ready=False)

        def duplicate(**_fields):
            with transaction.atomic():
                IdentityNumber.objects.create(number=NUMBER, identity=self.newcomer)

        def tell(**_fields):
            raise ValueError(f"{NUMBER} {MOBILE} {self.person.identity.name_en} {EMAIL}")

        for fail in (duplicate, tell):
            with self.monkeypatch.context() as patch:
                patch.setattr("requests_app.actions.save_details", fail)
                assert steps.save_details(self.browser, inquiry).status_code == 500
            every = {fail.__name__: (timedelta(1), fail)}
            chores.register(every)
            chores.run(every, chores.lease_next(every))
        for setting, value in (
            ("SMS_GATEWAY", f"{GATEWAYS}.HttpSms"),
            ("DEMO_PHONE_FILE", "/proc/no/such/folder"),
        ):
            with override_settings(**{setting: value}):
                Message.objects.update(next_attempt_at=timezone.now())
                deliver_due()
        self.monkeypatch.setattr(f"{GATEWAYS}.DemoPhone.send", lambda *_self, **told: tell())
        Message.objects.update(next_attempt_at=timezone.now())
        deliver_due()


@pytest.fixture
def walk(monkeypatch):
    return Walk(monkeypatch)


def test_no_line_of_a_walk_tells_of_a_person(walk, printed):
    with (
        TestCase.captureOnCommitCallbacks(execute=True),
        override_settings(SMS_HTTP_URL="http://127.0.0.1:9"),
    ):
        walk.register()
        walk.sign_in()
        walk.reset()
        factories.let_a_minute_pass(walk.person)
        walk.browser = Client(raise_request_exception=False)
        walk.sign_in(pages.NEW_PASSWORD)
        walk.change_account()
        resident = walk.browser
        walk.file()
        walk.return_inquiry()
        walk.browser = resident
        walk.answer_return()
        walk.book()
        passed_on = walk.receive()
        walk.browser = resident
        resident.get(passed_on)
        walk.use_app()
        walk.keep_staff()
        walk.browser = resident
        walk.fail()
        walk.lose_the_mobile()
        call_command("verify_chains")
        walk.collect()
    lines = printed.getvalue().splitlines()
    assert set(re.findall('"event": "([a-z_]+)"', "\n".join(lines))) == set(Event)
    assert sum("Internal Server Error" in line for line in lines) == 2
    assert sum(re.search("chore (duplicate|tell) failed", line) is not None for line in lines) == 2
    assert sum("not sent: GatewayError" in line for line in lines) > 2
    assert any("not sent: ValueError" in line for line in lines)
    secrets = walk.secrets | set(IdentityNumber.objects.values_list("number", flat=True))
    for person in Identity.objects.all():
        secrets |= {person.name_ar, *person.name_en.split()}
    secrets |= {mobile.removeprefix("+966") for mobile in secrets}
    for secret in secrets - {""}:
        word = re.compile(rf"(?<![0-9a-z]){re.escape(secret)}(?![0-9a-z])", re.IGNORECASE)
        assert [line for line in lines if word.search(line)] == [], secret
