"""Recovering an account at a counter: who may, in which order, and what it does."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts import actions, codes
from core.accounts.actions import counter_recovery
from core.accounts.models import Identity, OneTimeCode, Recovery, Session, User
from core.exceptions import RuleViolation
from core.messaging.encryption import decrypt
from tests import factories
from tests.conftest import signed_in
from tests.core.accounts import pages

pytestmark = pytest.mark.django_db
Status = Recovery.Status
SESSION = "session-of-the-first-clerk"
REASON = "The photo on the card is of somebody else."
IQAMA = {"document": "iqama", "document_end": "4320"}
CLOSED = timedelta(hours=72)


@pytest.fixture
def first():
    return factories.of_role("clerk")


@pytest.fixture
def second():
    return factories.of_role("clerk")


def begin(actor, user, **changes):
    content = {**IQAMA, "mobile": pages.NEW_MOBILE, "idempotency_key": uuid.uuid4(), **changes}
    return actions.begin_recovery(actor=actor, person=user.identity, **content)


def lift(actor, user, **document):
    actions.lift_restriction(actor=actor, person=user.identity, **(document or IQAMA))


def confirmed(first, second, user, **changes):
    recovery = begin(first, user, **changes)
    actions.confirm_recovery(actor=second, recovery=recovery)
    return recovery


def code_for(recovery, session_key=SESSION):
    actions.send_counter_code(actor=recovery.begun_by, recovery=recovery, session_key=session_key)
    return factories.code_sent_to(recovery.user, "counter")


def finish(recovery, guess, actor=None, session_key=SESSION):
    actions.finish_recovery(
        actor=actor or recovery.begun_by,
        recovery=recovery,
        session_key=session_key,
        guess=guess,
    )


def done(first, second, user, **changes):
    recovery = confirmed(first, second, user, **changes)
    finish(recovery, code_for(recovery))
    recovery.refresh_from_db()
    return recovery


def refused(action, **arguments):
    """Return the code of the refusal; nothing that the action has written stays."""
    with pytest.raises(RuleViolation) as refusal, transaction.atomic():
        action(**arguments)
    return refusal.value.code


def status_of(recovery):
    return Recovery.objects.get(pk=recovery.pk).status


@pytest.mark.both_engines
def test_two_of_staff_and_a_code_give_the_account_its_new_mobile(first, second, person):
    browser = signed_in(person)
    TOTPDevice.objects.create(user=person, name="app")
    StaticDevice.objects.create(user=person, name="codes").token_set.create(token="abcdefgh")
    recovery = confirmed(first, second, person, removes_authenticator=True)
    code = code_for(recovery)
    assert pages.texts()[-1] == (
        pages.NEW_MOBILE,
        f"Tawasul: {code} is your code for the counter at the passports office. "
        "Type it there yourself.",
    )
    before = timezone.now()

    finish(recovery, code)

    recovery.refresh_from_db()
    person = User.objects.get(pk=person.pk)
    assert (person.mobile, recovery.old_mobile) == (pages.NEW_MOBILE, pages.MOBILE)
    assert (recovery.status, recovery.begun_by, recovery.confirmed_by) == (
        Status.DONE,
        first,
        second,
    )
    assert recovery.restricted_until - CLOSED >= before
    assert not TOTPDevice.objects.filter(user=person).exists()
    assert not StaticDevice.objects.filter(user=person).exists()
    assert browser.get(pages.ACCOUNT).status_code == 302
    assert not Session.objects.filter(user=person).exists()
    assert [(to, text[:60]) for to, _language, text in pages.ordinary_texts()] == [
        (pages.MOBILE, "Tawasul: your account has a new mobile, ending in 432. If th"),
        (pages.NEW_MOBILE, "Tawasul: a counter has taken the authenticator app off your "),
    ]


def test_an_authenticator_stays_unless_it_is_taken_off_and_then_the_mobile_may_stay(
    first, second, person
):
    TOTPDevice.objects.create(user=person, name="app")
    done(first, second, person)
    assert TOTPDevice.objects.filter(user=person).exists()
    same = {"mobile": pages.NEW_MOBILE}
    person.refresh_from_db()
    assert refused(begin, actor=first, user=person, **same) == "mobile"
    earlier = len(pages.ordinary_texts())

    factories.let_a_minute_pass(person)
    done(first, second, person, **same, removes_authenticator=True)

    assert not TOTPDevice.objects.filter(user=person).exists()
    (told,) = pages.ordinary_texts()[earlier:]
    assert told[0] == pages.NEW_MOBILE
    assert "authenticator app" in told[2]


def test_one_person_is_never_both(second, person):
    chief = factories.OfficerFactory(is_superuser=True)
    for staff in (second, chief):
        recovery = begin(staff, person)
        assert refused(actions.confirm_recovery, actor=staff, recovery=recovery) == "same_person"
        with pytest.raises(IntegrityError), transaction.atomic():
            Recovery.objects.filter(pk=recovery.pk).update(confirmed_by=staff)
        assert refused(code_for, recovery=recovery) == "overtaken"
        actions.refuse_recovery(actor=staff, recovery=recovery, reason=REASON)


def test_nobody_recovers_without_the_right_nor_for_themselves_nor_for_somebody_linked(
    first, person
):
    employer = factories.of_role("clerk", identity=factories.IdentityFactory())
    factories.link(employer.identity, person.identity)
    officer = factories.of_role("officer")
    recovery = begin(first, person)
    Recovery.objects.filter(pk=recovery.pk).update(restricted_until=timezone.now() + CLOSED)
    deeds = (
        (actions.confirm_recovery, {"recovery": recovery}),
        (actions.refuse_recovery, {"recovery": recovery, "reason": REASON}),
        (actions.send_counter_code, {"recovery": recovery, "session_key": SESSION}),
        (
            actions.finish_recovery,
            {"recovery": recovery, "session_key": SESSION, "guess": "000000"},
        ),
        (begin, {"user": person}),
        (lift, {"user": person}),
    )
    for actor, code in ((employer, "own_case"), (officer, "not_allowed")):
        for deed, arguments in deeds:
            assert refused(deed, actor=actor, **arguments) == code, (deed, code)
    clerk = factories.UserFactory(identity=factories.IdentityFactory(number="2000000501"))
    clerk.user_permissions.add(Permission.objects.get(codename="recover_account"))
    own_end = {"document": "passport", "document_end": "0501"}
    assert refused(begin, actor=clerk, user=clerk, **own_end) == "own_case"
    assert status_of(recovery) == Status.BEGUN


def test_accounts_that_no_counter_recovers(first, second, person):
    """Also when they become such after the first step."""
    recovery = confirmed(first, second, person)
    code = code_for(recovery)
    begun = {"actor": first, "user": person}
    for model, change, undo, code_of_refusal in (
        (User, {"is_staff": True}, {"is_staff": False}, "staff"),
        (User, {"is_active": False}, {"is_active": True}, "shut"),
        (Identity, {"status": "deceased"}, {"status": "active"}, "deceased"),
    ):
        row = model.objects.filter(pk=person.pk if model is User else person.identity_id)
        row.update(**change)
        late = Recovery.objects.get(pk=recovery.pk)
        assert refused(begin, **begun) == code_of_refusal
        with pytest.raises(RuleViolation) as refusal:
            finish(late, code)
        assert refusal.value.code == code_of_refusal
        for deed, arguments in (
            (actions.confirm_recovery, {"actor": second, "recovery": late}),
            (lift, {"actor": second, "user": late.user}),
        ):
            assert refused(deed, **arguments) == code_of_refusal
        row.update(**undo)
    assert str(User.objects.get(pk=person.pk).mobile) == pages.MOBILE


def test_an_account_that_opens_the_staff_site_by_the_last_moment_is_left_alone(
    first, second, person, monkeypatch
):
    recovery = confirmed(first, second, person)
    code, lock = code_for(recovery), counter_recovery.lock_account

    def lock_late(pk):
        User.objects.filter(pk=pk).update(is_staff=True)
        return lock(pk)

    monkeypatch.setattr(counter_recovery, "lock_account", lock_late)
    with pytest.raises(RuleViolation) as refusal:
        finish(recovery, code)
    assert refusal.value.code == "staff"


def test_a_document_with_another_number_is_refused(first, person):
    for document, end, is_right in (
        ("iqama", "4321", False),
        ("national_id", "4320", False),
        ("iqama", "4320", True),
        ("passport", "AB12", True),
    ):
        given = {"actor": first, "user": person, "document": document, "document_end": end}
        if is_right:
            with transaction.atomic():
                begin(**given)
                transaction.set_rollback(True)
        else:
            assert refused(begin, **given) == "document_end", (document, end)


def test_one_at_a_time_until_it_is_given_up_or_lapses(first, second, person, clock):
    key = uuid.uuid4()
    recovery = begin(first, person, idempotency_key=key)
    assert begin(first, person, idempotency_key=key) == recovery
    assert refused(begin, actor=second, user=person) == "begun"
    clock.move(24 * 3600 + 60)
    for deed, arguments in (
        (actions.confirm_recovery, {"actor": second}),
        (actions.refuse_recovery, {"actor": second, "reason": REASON}),
    ):
        assert refused(deed, recovery=recovery, **arguments) == "overtaken"
    another = confirmed(second, first, person)
    assert status_of(recovery) == Status.GIVEN_UP
    for short in ("", "no", "a      \u200f  b"):
        given = {"actor": first, "recovery": another, "reason": short}
        assert refused(actions.refuse_recovery, **given) == "reason"
    actions.refuse_recovery(actor=first, recovery=another, reason=REASON)
    another.refresh_from_db()
    assert (another.status, another.settled_by, another.refusal) == (
        Status.GIVEN_UP,
        first,
        REASON,
    )
    assert refused(code_for, recovery=another) == "overtaken"


def test_the_code_is_for_the_first_of_staff_in_their_session_and_counts_tries(
    first, second, person
):
    recovery = begin(first, person)
    assert refused(code_for, recovery=recovery) == "overtaken"
    actions.confirm_recovery(actor=second, recovery=recovery)
    code = code_for(recovery)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for given, refusal_code in (
        ({"actor": second, "guess": code}, "not_begun_by_you"),
        ({"session_key": "another-session", "guess": code}, "no_code"),
        *[({"guess": wrong}, "wrong")] * 5,
        ({"guess": code}, "spent"),
    ):
        with pytest.raises(RuleViolation) as refusal:
            finish(recovery, **given)
        assert refusal.value.code == refusal_code
    assert str(User.objects.get(pk=person.pk).mobile) == pages.MOBILE


def test_a_code_confirms_the_recovery_that_it_was_sent_for(first, second, person):
    earlier = confirmed(first, second, person)
    code = code_for(earlier)
    actions.refuse_recovery(actor=first, recovery=earlier, reason=REASON)
    later = confirmed(first, second, person, mobile="+966550000999")
    with pytest.raises(RuleViolation) as refusal:
        finish(later, code)
    assert refusal.value.code == "wrong"
    assert status_of(later) == Status.CONFIRMED


# Lifting


def test_a_counter_lifts_the_restriction_and_tells_both_mobiles(first, second, person):
    recovery = done(first, second, person)
    earlier = len(pages.ordinary_texts())

    lift(second, person, document="passport", document_end="AB12")

    recovery.refresh_from_db()
    assert not Recovery.objects.restricting(person).exists()
    assert (recovery.settled_by, recovery.settled_document, recovery.settled_document_end) == (
        second,
        "passport",
        "AB12",
    )
    told = "a counter has opened what was closed after your new mobile. If that was not you,"
    texts = pages.ordinary_texts()[earlier:]
    assert [(to, told in text) for to, _language, text in texts] == [
        (pages.NEW_MOBILE, True),
        (pages.MOBILE, True),
    ]
    assert refused(lift, actor=second, user=person) == "open"


def test_what_is_disputed_is_decided_and_not_lifted(first, second, person):
    recovery = done(first, second, person)
    Recovery.objects.filter(pk=recovery.pk).update(status=Status.DISPUTED)
    assert refused(lift, actor=second, user=person) == "disputed"
    assert Recovery.objects.restricting(person).exists()


# Deciding


@pytest.fixture
def disputed(person):
    """A recovery through the registry, which the owner of the earlier mobile has objected to."""
    User.objects.filter(pk=person.pk).update(mobile="+966550000777")
    now = timezone.now()
    return Recovery.objects.create(
        user=person,
        way=Recovery.Way.REGISTRY,
        status=Status.DISPUTED,
        old_mobile=pages.MOBILE,
        new_mobile="+966550000777",
        password_before=person.password,
        done_at=now,
        restricted_until=now + CLOSED,
        disputed_at=now,
    )


@pytest.mark.parametrize("mobile", [pages.MOBILE, "+966550000777", pages.NEW_MOBILE])
def test_a_recovery_at_the_counter_decides_for_the_person_who_is_there(
    first, second, person, disputed, mobile
):
    """They get the mobile that they hold: the earlier one, the disputed one, or a third."""
    person.refresh_from_db()
    recovery = done(first, second, person, mobile=mobile)

    disputed.refresh_from_db()
    assert (disputed.status, disputed.settled_by, disputed.settled_document) == (
        Status.DECIDED,
        first,
        "iqama",
    )
    person = User.objects.get(pk=person.pk)
    assert str(person.mobile) == mobile
    # Neither the thief's password nor the one before opens it, or objects to the decision.
    assert not person.has_usable_password()
    assert not is_password_usable(recovery.password_before)
    told = {to: text for to, _language, text in pages.ordinary_texts()}
    assert f"its mobile is the one ending in {mobile[-3:]}" in told[pages.MOBILE]
    assert ("+966550000777" in told) == (mobile != "+966550000777")


def test_a_dispute_waits_until_the_counter_is_through(first, second, person, disputed):
    person.refresh_from_db()
    recovery = confirmed(first, second, person)
    code_for(recovery)
    assert status_of(disputed) == Status.DISPUTED
    assert User.objects.get(pk=person.pk).has_usable_password()


def test_the_limits_of_codes_hold_at_the_counter(first, second, person):
    recovery = confirmed(first, second, person)
    code_for(recovery)
    assert refused(code_for, recovery=recovery) == "too_soon"
    assert codes.latest_code(actor=person, purpose="counter", session_key=SESSION)


# The mobile of the registry


def answer_of_registry(person, mobile):
    """Return the beginning of the text to who asks for the registry's mobile, which is this."""
    Identity.objects.filter(pk=person.identity_id).update(mobile=mobile)
    OneTimeCode.objects.all().delete()
    asked = {"number": pages.NUMBER, "born": pages.BORN, "session_key": "s", "language": "en"}
    actions.ask_to_recover(network="n", **asked)
    return decrypt(OneTimeCode.objects.get().message.text)[:50]


def test_a_mobile_that_the_registry_had_before_the_counter_is_no_newer_one(first, second, person):
    """Otherwise whoever has the lost SIM would take the account back with it."""
    done(first, second, person)
    lift(first, person)
    at_counter = "Tawasul: somebody asked for a new mobile on your a"
    assert answer_of_registry(person, pages.MOBILE) == at_counter
    assert "is your code" in answer_of_registry(person, "+966550000999")
    # The counter gave the registry's own one, and the person has changed it since.
    Recovery.objects.update(new_mobile=pages.MOBILE)
    assert "is your code" in answer_of_registry(person, pages.MOBILE)


# A mobile to register with


def given_to_register(first, second, registered, **changes):
    """Return what two members of staff have confirmed for a person without an account."""
    content = {**IQAMA, "mobile": pages.NEW_MOBILE, "idempotency_key": uuid.uuid4(), **changes}
    recovery = actions.begin_recovery(actor=first, person=registered, **content)
    actions.confirm_recovery(actor=second, recovery=recovery)
    return recovery


@pytest.mark.both_engines
@pytest.mark.parametrize("of_registry", ["", pages.MOBILE])
def test_who_has_no_mobile_in_the_registry_registers_with_one_of_the_counter(
    first, second, registered, of_registry
):
    Identity.objects.filter(pk=registered.pk).update(mobile=of_registry)
    browser = Client()
    recovery = given_to_register(first, second, registered)

    pages.prove_to_register(browser)
    assert [to for to, _text in pages.texts()] == [pages.NEW_MOBILE]
    pages.choose(browser)

    user = User.objects.get(identity=registered)
    assert str(user.mobile) == pages.NEW_MOBILE
    recovery.refresh_from_db()
    assert (recovery.status, recovery.user, recovery.person) == (Status.DONE, user, None)
    assert not Recovery.objects.restricting(user).exists()
    # The registry's mobile is no newer one.
    assert Recovery.objects.passing_over(user, of_registry).exists()
    assert not Recovery.objects.passing_over(user, "+966550000999").exists()


def test_a_mobile_to_register_with_needs_a_second_of_staff_and_lasts_a_day(
    first, second, registered, clock
):
    recovery = actions.begin_recovery(
        actor=first,
        person=registered,
        mobile=pages.NEW_MOBILE,
        idempotency_key=uuid.uuid4(),
        **IQAMA,
    )
    pages.ask_to_register(Client())
    actions.confirm_recovery(actor=second, recovery=recovery)
    clock.move(60)
    pages.ask_to_register(Client())
    assert refused(code_for, recovery=recovery) == "overtaken"
    clock.move(24 * 3600 + 60)
    pages.ask_to_register(Client())
    sent = OneTimeCode.objects.order_by("created_at").values_list("recipient", flat=True)
    assert list(sent) == [pages.MOBILE, pages.NEW_MOBILE, pages.MOBILE]


def test_who_cannot_have_an_account_is_given_no_mobile(first, second, registered):
    recovery = given_to_register(first, second, registered)
    begun = {"first": first, "second": second, "registered": registered}
    assert refused(given_to_register, **begun) == "begun"
    actions.refuse_recovery(actor=second, recovery=recovery, reason=REASON)
    assert refused(given_to_register, **begun, mobile=pages.MOBILE) == "mobile"
    a_child = timezone.localdate() - timedelta(days=365 * 9)
    for change, code in (
        ({"status": "departed"}, "no_account"),
        ({"status": "deceased"}, "deceased"),
        ({"birth_date": a_child}, "no_account"),
        ({"birth_date": None}, "no_account"),
    ):
        with transaction.atomic():
            Identity.objects.filter(pk=registered.pk).update(**change)
            assert refused(given_to_register, **begun) == code, change
            transaction.set_rollback(True)


def test_who_has_registered_meanwhile_is_not_confirmed(first, second, registered):
    recovery = actions.begin_recovery(
        actor=first,
        person=registered,
        mobile=pages.NEW_MOBILE,
        idempotency_key=uuid.uuid4(),
        **IQAMA,
    )
    factories.UserFactory(identity=registered, mobile=pages.MOBILE)
    given = {"actor": second, "recovery": recovery}
    assert refused(actions.confirm_recovery, **given) == "known"
