"""Beginning to help a person who stands at the counter or calls, once they show who they are.

At the counter they show a document. A caller reads out a code that was sent to their mobile for
this alone: its text names the office that they have just called, and what for.
"""

import uuid
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions.look_up import look_up_person
from appointments.actions.rights import not_a_clerk
from appointments.models import Assistance, Office
from appointments.purposes import CALLER
from core.accounts import codes
from core.accounts.acting_for import check_is_active
from core.accounts.actions import check_document
from core.accounts.audience import language_of
from core.accounts.models import Identity, OneTimeCode, User
from core.accounts.recovered import check_not_disputed, restriction_on
from core.digests import derive_key
from core.exceptions import RuleViolation
from core.security_log import Event, note


def begin_assistance(
    *,
    actor: User,
    office: Office,
    number: str,
    way: str,
    aim: str,
    document: str,
    document_end: str,
    idempotency_key: uuid.UUID,
) -> Assistance:
    """Begin to help the person with this number, who is proven at once if a document was seen.

    RuleViolation: `not_clerk`, `number`, `document_end`, `way` (a caller without a mobile),
    `recovered` or `disputed` (whose mobile is new, and may be somebody else's), `registry_away`.
    """
    check_may_assist(actor, office)
    key = derive_key(idempotency_key, actor.pk, office.pk, number, way, aim, document, document_end)
    if earlier := Assistance.objects.filter(idempotency_key=key).first():
        return earlier
    person = find_person(actor, number)
    is_here = way == Assistance.Way.COUNTER
    if is_here:
        check_document(person, document, document_end)
    else:
        _check_mobile_is_theirs(person)
    begun, _is_new = Assistance.objects.get_or_create(
        idempotency_key=key,
        defaults={
            "clerk": actor,
            "office": office,
            "person": person,
            "way": way,
            "aim": aim,
            "document": document if is_here else "",
            "document_end": document_end if is_here else "",
            "proven_at": timezone.now() if is_here else None,
        },
    )
    note(Event.PERSON_ASSISTED, account=actor.pk, person=person.pk, kind=f"{way} {aim}")
    return begun


def send_caller_code(
    *, actor: User, assistance: Assistance, session_key: str | None
) -> OneTimeCode:
    """Text a code to the person's mobile, in their language, good in the actor's session alone.

    RuleViolation: `over`, `not_clerk`, `recovered`, `disputed`, and those of sending codes.
    """
    check_goes_on(actor, assistance)
    person = assistance.person
    _check_mobile_is_theirs(person)
    account = account_of(person)
    given: dict[str, Any] = {
        "confirms": str(assistance.pk),
        "about": assistance,
        "session_key": session_key,
    }
    if account.pk:
        # The recipient is named, or else an authenticator app would be asked for what opens more.
        return codes.send_code(
            actor=account,
            purpose=CALLER,
            language=account.language,
            recipient=str(account.mobile),
            **given,
        )
    return codes.send_code_to_unknown(
        purpose=CALLER,
        language=language_of(person),
        network=f"office {assistance.office_id}",
        typed=str(person.current_number),
        recipient=str(person.mobile),
        template=f"code_{CALLER}",
        **given,
    )


def prove_caller(
    *, actor: User, assistance: Assistance, session_key: str | None, guess: str
) -> None:
    """Take the code that the caller has read out as the proof of who they are.

    RuleViolation: `over`, `not_clerk`, and those of `codes.use_code`.
    """
    check_goes_on(actor, assistance)

    def prove(code: OneTimeCode) -> None:
        if code.confirms != str(assistance.pk):
            raise RuleViolation(
                _("This code was sent for something else. Send another one."), code="wrong"
            )
        Assistance.objects.filter(pk=assistance.pk).update(proven_at=timezone.now())

    account = account_of(assistance.person)
    codes.use_code(
        actor=account if account.pk else None,
        purpose=CALLER,
        session_key=session_key,
        guess=guess,
        action=prove,
    )


def check_may_assist(actor: User, office: Office) -> None:
    """Check that the actor helps people at this office. RuleViolation `not_clerk`."""
    if not may_assist(actor) or not actor.offices.filter(pk=office.pk).exists():
        raise not_a_clerk(actor)


def may_assist(actor: User) -> bool:
    """Return whether the actor has the right to help people at the offices that are theirs."""
    return actor.has_perms(("appointments.receive_appointment", "appointments.assist_person"))


def check_goes_on(actor: User, assistance: Assistance) -> None:
    """Check that the actor has begun it, and that it is not over. RuleViolation `over`."""
    check_may_assist(actor, assistance.office)
    if not Assistance.objects.of(actor).filter(pk=assistance.pk).exists():
        raise not_a_clerk(actor)
    if assistance.is_over:
        raise RuleViolation(
            _("The half hour for helping this person is over. Begin again with them."), code="over"
        )


def find_person(actor: User, number: str) -> Identity:
    """Return the person with this number whom the actor can help. RuleViolation `number`."""
    person = look_up_person(
        actor,
        number,
        if_establishment=_("This is the number of an establishment. Enter that of the person."),
    )
    if person.is_minor:
        raise RuleViolation(
            _("This person is a minor. Enter the number of the guardian who has come or calls."),
            code="number",
        )
    check_is_active(person, person_field="number")
    return person


def account_of(person: Identity) -> User:
    """Return the open account of a person, or one that is not saved, with what they may do."""
    return User.objects.filter(identity=person, is_active=True).first() or User(identity=person)


def check_not_recovered(person: Identity) -> None:
    """Check that no recovery of the person's account has given it a new mobile lately.

    A caller who reads out a code of that mobile may be whoever has taken the account over.
    RuleViolation: `recovered` or `disputed`.
    """
    account = account_of(person)
    if account.pk:
        check_not_disputed(account)
        if refused := restriction_on(account):
            raise refused


def _check_mobile_is_theirs(person: Identity) -> None:
    check_not_recovered(person)
    if not (account_of(person).mobile or person.mobile):
        raise RuleViolation(
            _(
                "Neither the account nor the registry has a mobile of this person. They have to "
                "come, with their document."
            ),
            code="way",
        )
