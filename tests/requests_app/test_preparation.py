"""An inquiry prepared at the counter: who may, for whom, how long, and what sends it."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from core.accounts.models import Identity, OneTimeCode, Recovery, User
from core.exceptions import RuleViolation
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from requests_app import actions, purposes
from requests_app.models import Inquiry
from tests import factories
from tests.deeds.inquiries import prepared as begun
from tests.deeds.rows import PASSPORT

pytestmark = pytest.mark.django_db
SESSION = "session-of-the-clerk"


@pytest.fixture
def clerk(db):
    return factories.of_role("clerk", identity=factories.IdentityFactory(name_en="Huda First"))


@pytest.fixture
def service(db):
    return factories.ServiceFactory()


@pytest.fixture
def draft(clerk, resident, service):
    """A draft that the clerk has filled in."""
    draft = begun(resident, clerk, service)
    actions.save_details(actor=clerk, inquiry=draft, **factories.details_of(draft))
    return draft


def refusal(act, **fields):
    with pytest.raises(RuleViolation) as refused:
        act(**fields)
    return refused.value.code


def code_for(draft, actor, session=SESSION):
    """Ask for the code as this actor; return its digits."""
    shown = Inquiry.objects.get(pk=draft.pk).content_digest()
    actions.request_confirmation(actor=actor, inquiry=draft, session_key=session, shown=shown)
    return factories.code_sent_to(draft.applicant, purposes.to_file(draft, actor))


def sent(draft, actor, code, session=SESSION):
    return actions.submit(actor=actor, inquiry=draft, session_key=session, guess=code)


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06}"


def refusals(clerk, resident):
    """Return what is refused when the clerk sees the passport of the resident, if anything."""
    try:
        actions.begin_preparing(actor=clerk, person=resident.identity, **PASSPORT)
    except RuleViolation as violation:
        return violation.code
    return ""


def test_for_whom_nothing_is_prepared(clerk, resident):
    assert refusals(clerk, resident) == ""
    for change, code in (
        ({"is_staff": True}, "staff"),
        ({"is_active": False}, "shut"),
        ({"mobile": ""}, "no_mobile"),
    ):
        now = {name: getattr(resident, name) for name in change}
        User.objects.filter(pk=resident.pk).update(**change)
        assert refusals(clerk, resident) == code
        User.objects.filter(pk=resident.pk).update(**now)
    recovery = Recovery.objects.create(
        user=resident,
        way=Recovery.Way.REGISTRY,
        status=Recovery.Status.DISPUTED,
        new_mobile="+966550000432",
        done_at=timezone.now(),
        disputed_at=timezone.now(),
        restricted_until=timezone.now() + timedelta(hours=72),
    )
    assert refusals(clerk, resident) == "disputed"
    recovery.delete()
    factories.link(resident.identity, clerk.identity)
    assert refusals(clerk, resident) == "own_case"
    assert refusals(clerk, clerk) == "own_case"


def test_only_whoever_has_the_right_prepares_and_no_auditor(clerk, resident):
    officer = factories.OfficerFactory()
    assert refusals(officer, resident) == "not_allowed"
    clerk.groups.add(*factories.of_role("auditor").groups.all())
    assert refusals(User.objects.get(pk=clerk.pk), resident) == "not_allowed"


def test_a_person_without_an_account_is_told_how_to_open_one(clerk):
    person = factories.IdentityFactory()
    seen = {"actor": clerk, "person": person, **PASSPORT}
    assert refusal(actions.begin_preparing, **seen) == "no_account"


def test_the_document_has_to_be_the_persons(clerk, resident, service):
    number = resident.identity.current_number
    choice = {"holder": resident.identity, "beneficiary": resident.identity, "service": service}
    seen = {"actor": clerk, "person": resident.identity, "document": "iqama"}
    for act, more in (
        (actions.begin_preparing, {}),
        (actions.prepare, {**choice, "idempotency_key": uuid.uuid4()}),
    ):
        wrong_end = f"{(int(number[-4:]) + 1) % 10**4:04}"
        assert refusal(act, **seen, document_end=wrong_end, **more) == "document_end"
        assert act(**seen, document_end=number[-4:], **more)
    assert Inquiry.objects.get().prepared_by == clerk


def test_the_rules_are_those_of_filing_by_oneself(clerk, resident, service):
    stranger = factories.IdentityFactory()
    choice = {"holder": resident.identity, "beneficiary": stranger, "service": service}
    seen = {"actor": clerk, "person": resident.identity, **PASSPORT}
    key = {"idempotency_key": uuid.uuid4()}
    assert refusal(actions.prepare, **seen, **choice, **key) == "beneficiary"
    # The clerk represents nobody by being a clerk.
    choice = {"holder": factories.establishment(), "beneficiary": stranger, "service": service}
    assert refusal(actions.prepare, **seen, **choice, **key) == "holder"
    assert not Inquiry.objects.exists()


@pytest.mark.both_engines
def test_it_is_sent_with_the_code_of_the_person_in_the_session_of_the_clerk(clerk, draft):
    User.objects.filter(pk=draft.applicant_id).update(language="ar")
    draft = Inquiry.objects.get(pk=draft.pk)
    code = code_for(draft, clerk)
    text = Message.objects.latest("pk")
    assert (text.recipient, text.language) == (str(draft.applicant.mobile), "ar")
    assert refusal(sent, draft=draft, actor=clerk, code=wrong(code)) == "wrong"
    # In no other session, and for nobody else.
    assert refusal(sent, draft=draft, actor=clerk, code=code, session="another") == "no_code"
    assert refusal(sent, draft=draft, actor=draft.applicant, code=code) == "no_code"
    colleague = factories.of_role("clerk")
    assert refusal(sent, draft=draft, actor=colleague, code=code) == "not_yours"
    filed = sent(draft, clerk, code)
    assert list(filed.events.values_list("event_type", "role", "actor", "seq")) == [
        ("prepared", "clerk", clerk.pk, 1),
        ("submitted", "applicant", draft.applicant_id, 2),
    ]
    assert filed.events.last().content_digest == filed.content_digest()
    assert Message.objects.about(filed.reference).get().owner == draft.applicant_id
    # A second click finds what the first one has sent.
    assert sent(draft, clerk, code) == filed
    assert filed.events.count() == 2


def test_the_text_says_where_the_code_is_typed_and_for_what(clerk, draft):
    code = code_for(draft, clerk)
    assert decrypt(Message.objects.latest("pk").text) == (
        f"Tawasul: {code} is your code to send inquiry {draft.reference}, Services for residents. "
        "Type it at the counter yourself. Never give it to anybody."
    )


def test_a_code_confirms_what_was_read_and_nothing_that_came_after(clerk, draft):
    code = code_for(draft, clerk)
    other = factories.details_of(draft, description=f"{factories.DESCRIPTION} Nobody answers.")
    actions.save_details(actor=clerk, inquiry=draft, **other)
    assert refusal(sent, draft=draft, actor=clerk, code=code) == "changed"
    assert Inquiry.objects.get().is_draft


def test_the_code_comes_as_a_text_also_where_the_account_has_an_app(clerk, draft):
    factories.authenticator(draft.applicant)
    assert sent(draft, clerk, code_for(draft, clerk)).events.count() == 2
    assert not OneTimeCode.objects.get().by_app


def test_another_mobile_is_confirmed_with_a_code_of_the_person(clerk, draft):
    other = factories.details_of(draft, mobile="+966550000432")
    actions.save_details(actor=clerk, inquiry=draft, **other)
    draft.refresh_from_db()
    assert refusal(code_for, draft=draft, actor=clerk) == "mobile"
    actions.ask_to_confirm_mobile(actor=clerk, inquiry=draft, session_key=SESSION)
    guess = factories.code_sent_to(draft.applicant, purposes.CONTACT)
    actions.confirm_mobile(actor=clerk, inquiry=draft, session_key=SESSION, guess=guess)
    draft.refresh_from_db()
    assert sent(draft, clerk, code_for(draft, clerk))
    assert not OneTimeCode.objects.filter(user=clerk).exists()


def everything(actor, draft):
    """Yield the name of each thing that the actor is refused, with the code."""
    kind = factories.document_type()
    mobile = {"session_key": SESSION}
    for name, act, fields in (
        ("details", actions.save_details, factories.details_of(draft)),
        ("attach", actions.attach, {"document_type": kind, "uploads": [factories.picture()]}),
        ("code", actions.request_confirmation, {**mobile, "shown": draft.content_digest()}),
        ("mobile", actions.ask_to_confirm_mobile, mobile),
        ("delete", actions.delete_draft, {}),
    ):
        try:
            act(actor=actor, inquiry=draft, **fields)
        except RuleViolation as violation:
            yield name, violation.code


def test_the_clerk_has_an_hour(clerk, draft):
    later = timezone.now() - timedelta(minutes=1)
    Inquiry.objects.update(prepared_until=later)
    draft.refresh_from_db()
    assert {code for _name, code in everything(clerk, draft)} == {"taken_over"}
    assert len(list(everything(clerk, draft))) == 5
    code = code_for(draft, draft.applicant, "phone")
    assert sent(draft, draft.applicant, code, "phone").events.count() == 2


def test_without_the_right_a_draft_that_was_begun_is_closed(clerk, draft):
    clerk.groups.clear()
    clerk = User.objects.get(pk=clerk.pk)
    assert len(list(everything(clerk, draft))) == 5


@pytest.mark.parametrize("by", ["details", "attach", "subject"])
def test_whatever_the_person_does_on_their_phone_takes_it_over(clerk, draft, by):
    code, resident = code_for(draft, clerk), draft.applicant
    if by == "details":
        actions.save_details(actor=resident, inquiry=draft, **factories.details_of(draft))
    elif by == "attach":
        factories.attached(draft)
    else:
        subject = {"beneficiary": draft.beneficiary, "service": draft.service}
        actions.change_subject(actor=resident, inquiry=draft, holder=draft.holder, **subject)
    draft.refresh_from_db()
    assert {code for _name, code in everything(clerk, draft)} == {"taken_over"}
    assert refusal(sent, draft=draft, actor=clerk, code=code) == "taken_over"
    assert draft.is_draft
    # That it was prepared is said all the same.
    assert draft.prepared_by == clerk


def test_a_link_that_begins_meanwhile_stops_it(clerk, draft):
    code = code_for(draft, clerk)
    factories.link(draft.applicant.identity, clerk.identity)
    assert refusal(sent, draft=draft, actor=clerk, code=code) == "own_case"
    assert Inquiry.objects.get().is_draft


def test_the_clerk_finds_it_nowhere_but_at_the_counter(clerk, draft):
    rights = actions.rights_of(clerk, draft)
    assert not rights.may(actions.Deed.READ_TEXT)
    assert not rights.may(actions.Deed.READ)
    assert rights.may(actions.Deed.EDIT)
    filed = sent(draft, clerk, code_for(draft, clerk))
    rights = actions.rights_of(clerk, filed)
    assert not any(rights.may(deed) for deed in actions.Deed)
    assert not Identity.objects.filter(pk=filed.holder_id, links__person=clerk.identity).exists()
