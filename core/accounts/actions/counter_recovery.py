"""Recovering an account at a counter: a document, two members of staff, a code to the new mobile.

Who works at a counter, and who may confirm for whom, is asked by the pages, which know the offices.
"""

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts import authenticators, codes, purposes
from core.accounts.actions.new_mobile import give_new_mobile, lock_account
from core.accounts.actions.openings import check_reason
from core.accounts.models import Identity, OneTimeCode, Recovery, User
from core.accounts.recovered import is_disputed
from core.accounts.warnings import warn_everywhere
from core.digests import derive_key
from core.exceptions import RuleViolation
from core.identity_numbers import IdentityKind
from core.security_log import Event, note

# The kinds of people whose ID number is the number of the document.
_NUMBER_IS_OF: dict[str, IdentityKind] = {
    Recovery.Document.NATIONAL_ID: IdentityKind.CITIZEN,
    Recovery.Document.IQAMA: IdentityKind.RESIDENT,
}


def begin_recovery(
    *,
    actor: User,
    person: Identity,
    document: str,
    document_end: str,
    mobile: object,
    idempotency_key: uuid.UUID,
    removes_authenticator: bool = False,
) -> Recovery:
    """Begin to give the account of `person`, who is at the counter, this mobile.

    It may be the one that the account has, if the authenticator is taken off or the recovery
    decides after an objection. Who has no account can register with it. RuleViolation:
    `not_allowed`, `own_case`, `staff`, `shut`, `deceased`, `no_account` (nor can they have one),
    `document_end` (it is not the end of their number), `mobile` (nothing would change), or `begun`
    (another one is not finished).
    """
    _check_may(actor, person, "counter_begun")
    check_document(person, document, document_end)
    content = (actor.pk, person.pk, document, document_end, str(mobile), removes_authenticator)
    key = derive_key(idempotency_key, *content)
    with transaction.atomic():
        # Two that are begun at the same moment queue here, and so does who registers.
        person = Identity.objects.select_for_update(no_key=True).get(pk=person.pk)
        earlier = Recovery.objects.filter(idempotency_key=key).first()
        if earlier:
            return earlier
        user = User.objects.filter(identity=person).first()
        _check_can_be_given(person, user)
        present = user.mobile if user else person.mobile
        if mobile == present and not (removes_authenticator or is_disputed(user)):
            raise RuleViolation(_same_mobile(user), code="mobile")
        whose = {"user": user, "person": None if user else person}
        Recovery.objects.lapsed().filter(**whose).update(status=Recovery.Status.GIVEN_UP)
        begun = Recovery.objects.at_the_counter().filter(**whose).first()
        if begun:
            raise RuleViolation(
                _(
                    "%(name)s has begun to give this person a new mobile already. That has to be "
                    "finished or given up first."
                )
                % {"name": _first_of_staff(begun).get_short_name()},
                code="begun",
            )
        recovery = Recovery.objects.create(
            **whose,
            way=Recovery.Way.COUNTER,
            status=Recovery.Status.BEGUN,
            old_mobile=user.mobile if user else "",
            new_mobile=mobile,
            registry_mobile=person.mobile,
            removes_authenticator=removes_authenticator,
            document=document,
            document_end=document_end,
            begun_by=actor,
            begun_at=timezone.now(),
            idempotency_key=key,
        )
        _note(actor, person, "counter_begun")
    return recovery


@transaction.atomic
def confirm_recovery(*, actor: User, recovery: Recovery) -> None:
    """Confirm as the second member of staff what a colleague has begun.

    RuleViolation: `same_person`, `overtaken` with what has become of it, and those of
    `begin_recovery` about the actor and the account.
    """
    _check_may(actor, recovery.owner, "counter_confirmed")
    _check_can_be_given(recovery.owner, recovery.user)
    if recovery.begun_by_id == actor.pk:
        raise RuleViolation(
            _("You have begun this yourself. A second member of staff has to confirm it."),
            code="same_person",
        )
    if recovery.user is None and User.objects.filter(identity=recovery.person).exists():
        raise RuleViolation(
            _("This person has opened an account meanwhile. Begin again from their page."),
            code="known",
        )
    waiting = Recovery.objects.at_the_counter().filter(status=Recovery.Status.BEGUN)
    changes = {"status": Recovery.Status.CONFIRMED, "confirmed_by": actor}
    if not waiting.filter(pk=recovery.pk).update(**changes):
        raise _overtaken(recovery)
    _note(actor, recovery.owner, "counter_confirmed")


@transaction.atomic
def refuse_recovery(*, actor: User, recovery: Recovery, reason: str) -> None:
    """Refuse what a colleague has begun, or give up what one has begun oneself.

    RuleViolation: `reason` (too short), `overtaken`, `not_allowed`, `own_case`.
    """
    _check_may(actor, recovery.owner, "counter_refused")
    check_reason(reason)
    changes = {"status": Recovery.Status.GIVEN_UP, "refusal": reason}
    settled = {"settled_by": actor, "settled_at": timezone.now()}
    still_open = Recovery.objects.at_the_counter().filter(pk=recovery.pk)
    if not still_open.update(**changes, **settled):
        raise _overtaken(recovery)
    _note(actor, recovery.owner, "counter_refused")


def send_counter_code(*, actor: User, recovery: Recovery, session_key: str | None) -> OneTimeCode:
    """Text a code to the new mobile, in the language of the account, good in the actor's session.

    RuleViolation: `not_begun_by_you`, `overtaken`, those of `begin_recovery` about the actor and
    the account, and those of `codes.send_code`.
    """
    user = _account_waiting_for_code(actor, recovery)
    return codes.send_code(
        actor=user,
        purpose=purposes.COUNTER,
        session_key=session_key,
        language=user.language,
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
    account = _account_waiting_for_code(actor, recovery)

    def finish(code: OneTimeCode) -> None:
        user = lock_account(account.pk)
        confirmed = Recovery.objects.at_the_counter().filter(status=Recovery.Status.CONFIRMED)
        mine = confirmed.select_for_update(no_key=True).filter(pk=recovery.pk).first()
        if mine is None:
            raise _overtaken(recovery)
        _check_can_be_given(mine.owner, user)
        if code.confirms != str(mine.pk):
            raise RuleViolation(
                _("This code was sent for something else. Send another one."), code="wrong"
            )
        if is_disputed(user):
            _decide(actor, user, mine)
        give_new_mobile(user, mine)
        if mine.removes_authenticator:
            authenticators.take_off(user)
            warn_everywhere(user, "authenticator_taken_off")
            _note(actor, recovery.owner, "authenticator_removed")
        _note(actor, recovery.owner, "counter_done")

    codes.use_code(
        actor=account,
        purpose=purposes.COUNTER,
        session_key=session_key,
        guess=guess,
        action=finish,
    )


@transaction.atomic
def lift_restriction(*, actor: User, person: Identity, document: str, document_end: str) -> None:
    """Open what a recovery has closed for 72 hours, for the person at the counter.

    They are told by text, also at the mobile that they had before. RuleViolation: `disputed`,
    `open` (nothing is closed any more), `document_end`, and those of `begin_recovery` about the
    actor and the account.
    """
    _check_may(actor, person, "lifted")
    check_document(person, document, document_end)
    user = User.objects.select_for_update(no_key=True).filter(identity=person).first()
    if user is None:
        raise _nothing_closed()
    _check_can_be_given(person, user)
    if is_disputed(user):
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
        raise _nothing_closed()
    warn_everywhere(user, "restriction_lifted", mobiles=told)
    _note(actor, person, "lifted")


def check_document(person: Identity, document: str, document_end: str) -> None:
    """Check that the number of the document can be the person's. RuleViolation `document_end`."""
    kind = _NUMBER_IS_OF.get(document)
    number = person.current_number or ""
    if kind and not (person.kind == kind and number.endswith(document_end)):
        raise RuleViolation(
            _(
                "This is not the end of the person's ID number. Look at the document again: it may "
                "be somebody else's."
            ),
            code="document_end",
        )


def _check_may(actor: User, person: Identity, kind: str) -> None:
    """Check that the actor may recover accounts, and that of `person`, and note a refusal."""
    code = ""
    if not actor.has_perm("accounts.recover_account"):
        code, message = "not_allowed", _("Your account may not give other accounts a mobile.")
    elif not Identity.objects.unrelated_to(actor.identity).filter(pk=person.pk).exists():
        code = "own_case"
        message = _("You cannot do this for yourself, nor for somebody linked to you.")
    if code:
        note(Event.RECOVERY, code, account=actor.pk, person=person.pk, kind=kind)
        raise RuleViolation(message, code=code)


def _check_can_be_given(person: Identity, user: User | None) -> None:
    """Check that a counter can give a mobile to `user`, or to `person` who has no account yet."""
    if user and user.is_staff:
        raise RuleViolation(
            _(
                "This account opens the staff site, so no counter can give it a new mobile. Who "
                "keeps the accounts of staff does that."
            ),
            code="staff",
        )
    if user and not user.is_active:
        raise RuleViolation(_("This account is shut. A new mobile would not open it."), code="shut")
    if person.status == Identity.Status.DECEASED:
        raise RuleViolation(
            _(
                "The registry says that this person has died. If they stand before you, have the "
                "registry put right first: see what to do at the counter."
            ),
            code="deceased",
        )
    can_register = person.is_active and person.birth_date and not person.is_minor
    if user is None and not can_register:
        raise RuleViolation(
            _(
                "No account can be opened for this person, as the registry shows them as a minor, "
                "an establishment, or somebody who has left. See what to do at the counter."
            ),
            code="no_account",
        )


def _account_waiting_for_code(actor: User, recovery: Recovery) -> User:
    """Return the account that waits for the code, if it does and the actor has begun that."""
    _check_may(actor, recovery.owner, "counter_done")
    _check_can_be_given(recovery.owner, recovery.user)
    if recovery.begun_by_id != actor.pk:
        raise RuleViolation(
            _("Only the member of staff who has begun this can finish it."),
            code="not_begun_by_you",
        )
    confirmed = Recovery.objects.at_the_counter().filter(status=Recovery.Status.CONFIRMED)
    if recovery.user is None or not confirmed.filter(pk=recovery.pk).exists():
        raise _overtaken(recovery)
    return recovery.user


def _same_mobile(user: User | None) -> str:
    if user:
        return _("This mobile is on the account already: nothing would change.")
    return _("The registry has this mobile already: the person can register with it now.")


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
    digits = str(recovery.new_mobile)[-3:]
    warn_everywhere(user, "objection_decided", mobiles=told, last_digits=digits)
    _note(actor, recovery.owner, "decided")


def _settled(actor: User, document: str, document_end: str) -> dict[str, object]:
    return {
        "settled_by": actor,
        "settled_at": timezone.now(),
        "settled_document": document,
        "settled_document_end": document_end,
    }


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


def _nothing_closed() -> RuleViolation:
    return RuleViolation(_("Nothing of this account is closed any more."), code="open")


def _note(actor: User, person: Identity, kind: str) -> None:
    note(Event.RECOVERY, account=actor.pk, person=person.pk, kind=kind)
