"""Recovering an account at a counter: a document, two members of staff, a code to the new mobile.

Who works at a counter, and who may confirm for whom, is asked by the pages, which know the offices.
"""

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts import codes, purposes
from core.accounts.actions.new_mobile import give_new_mobile, lock_account, tell
from core.accounts.models import Identity, OneTimeCode, Recovery, User
from core.digests import derive_key
from core.exceptions import RuleViolation
from core.identity_numbers import IdentityKind
from core.security_log import Event, note
from core.text import seen_length

MIN_REFUSAL_LENGTH = 10  # characters
# The kinds of people whose ID number is the number of the document.
_NUMBER_IS_OF: dict[str, IdentityKind] = {
    Recovery.Document.NATIONAL_ID: IdentityKind.CITIZEN,
    Recovery.Document.IQAMA: IdentityKind.RESIDENT,
}


def begin_recovery(
    *,
    actor: User,
    user: User,
    document: str,
    document_end: str,
    mobile: str,
    idempotency_key: uuid.UUID,
    removes_authenticator: bool = False,
) -> Recovery:
    """Begin to give the account of `user`, who is at the counter, this mobile.

    It may be the one that the account has, if the authenticator is taken off or the recovery
    decides after an objection. RuleViolation: `not_allowed`, `own_case`, `staff`, `shut`,
    `deceased`, `document_end` (it is not the end of their number), `mobile` (nothing would change),
    or `begun` (another one is not finished).
    """
    _check_may(actor, user, "counter_begun")
    check_document(user.identity, document, document_end)
    content = (actor.pk, user.pk, document, document_end, str(mobile), removes_authenticator)
    key = derive_key(idempotency_key, *content)
    with transaction.atomic():
        # Two that are begun at the same moment queue here.
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        earlier = Recovery.objects.filter(idempotency_key=key).first()
        if earlier:
            return earlier
        _check_can_be_recovered(user)
        if not (mobile != user.mobile or removes_authenticator or _is_disputed(user)):
            raise RuleViolation(
                _("This mobile is on the account already: nothing would change."), code="mobile"
            )
        Recovery.objects.lapsed().filter(user=user).update(status=Recovery.Status.GIVEN_UP)
        begun = Recovery.objects.at_the_counter().filter(user=user).first()
        if begun:
            raise RuleViolation(
                _(
                    "%(name)s has begun to give this account a new mobile already. That has to be "
                    "finished or given up first."
                )
                % {"name": _first_of_staff(begun).get_short_name()},
                code="begun",
            )
        recovery = Recovery.objects.create(
            user=user,
            way=Recovery.Way.COUNTER,
            status=Recovery.Status.BEGUN,
            old_mobile=user.mobile,
            new_mobile=mobile,
            removes_authenticator=removes_authenticator,
            document=document,
            document_end=document_end,
            begun_by=actor,
            begun_at=timezone.now(),
            idempotency_key=key,
        )
        _note(actor, user, "counter_begun")
    return recovery


@transaction.atomic
def confirm_recovery(*, actor: User, recovery: Recovery) -> None:
    """Confirm as the second member of staff what a colleague has begun.

    RuleViolation: `same_person`, `overtaken` with what has become of it, and those of
    `begin_recovery` about the actor and the account.
    """
    _check_may(actor, recovery.user, "counter_confirmed")
    _check_can_be_recovered(recovery.user)
    if recovery.begun_by_id == actor.pk:
        raise RuleViolation(
            _("You have begun this yourself. A second member of staff has to confirm it."),
            code="same_person",
        )
    waiting = Recovery.objects.at_the_counter().filter(status=Recovery.Status.BEGUN)
    changes = {"status": Recovery.Status.CONFIRMED, "confirmed_by": actor}
    if not waiting.filter(pk=recovery.pk).update(**changes):
        raise _overtaken(recovery)
    _note(actor, recovery.user, "counter_confirmed")


@transaction.atomic
def refuse_recovery(*, actor: User, recovery: Recovery, reason: str) -> None:
    """Refuse what a colleague has begun, or give up what one has begun oneself.

    RuleViolation: `reason` (too short), `overtaken`, `not_allowed`, `own_case`.
    """
    _check_may(actor, recovery.user, "counter_refused")
    if seen_length(reason) < MIN_REFUSAL_LENGTH:
        raise RuleViolation(
            _("Write the reason in at least %(least)s characters.") % {"least": MIN_REFUSAL_LENGTH},
            code="reason",
        )
    changes = {"status": Recovery.Status.GIVEN_UP, "refusal": reason}
    settled = {"settled_by": actor, "settled_at": timezone.now()}
    still_open = Recovery.objects.at_the_counter().filter(pk=recovery.pk)
    if not still_open.update(**changes, **settled):
        raise _overtaken(recovery)
    _note(actor, recovery.user, "counter_refused")


def send_counter_code(*, actor: User, recovery: Recovery, session_key: str | None) -> OneTimeCode:
    """Text a code to the new mobile, in the language of the account, good in the actor's session.

    RuleViolation: `not_begun_by_you`, `overtaken`, those of `begin_recovery` about the actor and
    the account, and those of `codes.send_code`.
    """
    _check_waits_for_code(actor, recovery)
    return codes.send_code(
        actor=recovery.user,
        purpose=purposes.COUNTER,
        session_key=session_key,
        language=recovery.user.language,
        recipient=str(recovery.new_mobile),
        confirms=str(recovery.pk),
    )


def finish_recovery(
    *, actor: User, recovery: Recovery, session_key: str | None, guess: str
) -> None:
    """Give the account its new mobile, with the code that the person types at the actor's screen.

    After an objection, it decides: the account opens again, with a password that has yet to be set.
    RuleViolation: those of `send_counter_code` and of `codes.use_code`.
    """
    _check_waits_for_code(actor, recovery)

    def finish(code: OneTimeCode) -> None:
        user = lock_account(recovery.user_id)
        _check_can_be_recovered(user)
        confirmed = Recovery.objects.at_the_counter().filter(status=Recovery.Status.CONFIRMED)
        mine = confirmed.select_for_update(no_key=True).filter(pk=recovery.pk).first()
        if mine is None:
            raise _overtaken(recovery)
        if code.confirms != str(mine.pk):
            raise RuleViolation(
                _("This code was sent for something else. Send another one."), code="wrong"
            )
        if _is_disputed(user):
            _decide(actor, user, mine)
        give_new_mobile(user, mine)
        if mine.removes_authenticator:
            _remove_authenticator(user)
            _note(actor, user, "authenticator_removed")
        _note(actor, user, "counter_done")

    codes.use_code(
        actor=recovery.user,
        purpose=purposes.COUNTER,
        session_key=session_key,
        guess=guess,
        action=finish,
    )


@transaction.atomic
def lift_restriction(*, actor: User, user: User, document: str, document_end: str) -> None:
    """Open what a recovery has closed for 72 hours, for the person at the counter.

    They are told by text, also at the mobile that they had before. RuleViolation: `disputed`,
    `open` (nothing is closed any more), `document_end`, and those of `begin_recovery` about the
    actor and the account.
    """
    _check_may(actor, user, "lifted")
    check_document(user.identity, document, document_end)
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _check_can_be_recovered(user)
    if _is_disputed(user):
        raise RuleViolation(
            _(
                "Somebody has objected to the new mobile of this account. Decide that first: "
                "give the account a mobile at the counter."
            ),
            code="disputed",
        )
    restricting = Recovery.objects.restricting(user)
    told = [user.mobile, *restricting.values_list("old_mobile", flat=True)]
    is_lifted = restricting.update(
        restricted_until=timezone.now(), **_settled(actor, document, document_end)
    )
    if not is_lifted:
        raise RuleViolation(_("Nothing of this account is closed any more."), code="open")
    tell("restriction_lifted", user, told)
    _note(actor, user, "lifted")


def check_document(person: Identity | None, document: str, document_end: str) -> None:
    """Check that the number of the document can be the person's. RuleViolation `document_end`."""
    kind = _NUMBER_IS_OF.get(document)
    number = (person and person.current_number) or ""
    if kind and not (person and person.kind == kind and number.endswith(document_end)):
        raise RuleViolation(
            _(
                "This is not the end of the person's ID number. Look at the document again: it may "
                "be somebody else's."
            ),
            code="document_end",
        )


def has_authenticator(user: User) -> bool:
    return any(kind.objects.filter(user=user).exists() for kind in (TOTPDevice, StaticDevice))


def _check_may(actor: User, user: User, kind: str) -> None:
    """Check that the actor may recover accounts, and this one, and note a refusal."""
    code = ""
    if not actor.has_perm("accounts.recover_account"):
        code, message = "not_allowed", _("Your account may not give other accounts a mobile.")
    elif actor.pk == user.pk or _is_related(actor, user):
        code = "own_case"
        message = _("You cannot do this for yourself, nor for somebody linked to you.")
    if code:
        note(Event.RECOVERY, code, account=actor.pk, person=user.identity_id, kind=kind)
        raise RuleViolation(message, code=code)


def _is_related(actor: User, user: User) -> bool:
    unrelated = Identity.objects.unrelated_to(actor.identity)
    return user.identity_id is not None and not unrelated.filter(pk=user.identity_id).exists()


def _check_can_be_recovered(user: User) -> None:
    if user.is_staff or user.identity is None:
        raise RuleViolation(
            _(
                "This account opens the staff site, so no counter can give it a new mobile. Who "
                "keeps the accounts of staff does that."
            ),
            code="staff",
        )
    if not user.is_active:
        raise RuleViolation(_("This account is shut. A new mobile would not open it."), code="shut")
    if user.identity.status == Identity.Status.DECEASED:
        raise RuleViolation(
            _(
                "The registry says that this person has died. If they stand before you, have the "
                "registry put right first: see what to do at the counter."
            ),
            code="deceased",
        )


def _check_waits_for_code(actor: User, recovery: Recovery) -> None:
    _check_may(actor, recovery.user, "counter_done")
    _check_can_be_recovered(recovery.user)
    if recovery.begun_by_id != actor.pk:
        raise RuleViolation(
            _("Only the member of staff who has begun this can finish it."),
            code="not_begun_by_you",
        )
    confirmed = Recovery.objects.at_the_counter().filter(status=Recovery.Status.CONFIRMED)
    if not confirmed.filter(pk=recovery.pk).exists():
        raise _overtaken(recovery)


def _is_disputed(user: User) -> bool:
    return Recovery.objects.disputed(user).exists()


def _decide(actor: User, user: User, recovery: Recovery) -> None:
    """Decide after an objection for the person at the counter, whose account this is.

    Either side may have set the password that holds now, so nobody signs in with it any more, and
    nobody can object with it to this decision.
    """
    user.set_unusable_password()
    user.save(update_fields=["password"])
    disputed = Recovery.objects.disputed(user)
    told = list(disputed.values_list("old_mobile", flat=True))
    settled = _settled(actor, recovery.document, recovery.document_end)
    disputed.update(status=Recovery.Status.DECIDED, **settled)
    tell("objection_decided", user, told, last_digits=str(recovery.new_mobile)[-3:])
    _note(actor, user, "decided")


def _settled(actor: User, document: str, document_end: str) -> dict[str, object]:
    return {
        "settled_by": actor,
        "settled_at": timezone.now(),
        "settled_document": document,
        "settled_document_end": document_end,
    }


def _remove_authenticator(user: User) -> None:
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    tell("authenticator_taken_off", user, [user.mobile])


def _overtaken(recovery: Recovery) -> RuleViolation:
    """Return RuleViolation `overtaken`, which says what has become of it meanwhile."""
    now = Recovery.objects.get(pk=recovery.pk)
    if now.refusal and now.settled_by:
        message = _("%(name)s has refused this, or given it up.") % {
            "name": now.settled_by.get_short_name()
        }
    elif now.has_lapsed or now.status == Recovery.Status.GIVEN_UP:
        message = _("This was begun more than 24 hours ago. Begin again, with the person.")
    elif now.status == Recovery.Status.BEGUN:
        message = _("A second member of staff has to confirm this first.")
    elif now.status == Recovery.Status.CONFIRMED and now.confirmed_by:
        message = _("%(name)s has confirmed this already.") % {
            "name": now.confirmed_by.get_short_name()
        }
    else:
        message = _("This has been done already.")
    return RuleViolation(message, code="overtaken")


def _first_of_staff(recovery: Recovery) -> User:
    """Return who has begun it; a constraint says that somebody of staff has."""
    return recovery.begun_by  # type: ignore[return-value]  # at a counter


def _note(actor: User, user: User, kind: str) -> None:
    note(Event.RECOVERY, account=actor.pk, person=user.identity_id, kind=kind)
