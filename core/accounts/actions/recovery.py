"""Giving an account the mobile that the registry has, for somebody who has lost the old one."""

import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.accounts import codes, purposes, registry
from core.accounts.actions.new_mobile import give_new_mobile, lock_account
from core.accounts.models import Identity, OneTimeCode, Recovery, User
from core.accounts.recovered import check_not_disputed, check_not_restricted
from core.exceptions import RuleViolation

_CODE = f"code_{purposes.RECOVER}"


def ask_to_recover(
    *,
    number: str,
    born: datetime.date | None,
    session_key: str | None,
    language: str,
    network: str,
) -> None:
    """Text a code to the registry's mobile of the person with this number and birth date.

    Where a code would be of no use, the text says what to do instead; the page reveals nothing.
    RuleViolation: `registry_away`, and those of `codes.send_code_to_unknown`.
    """
    identity = registry.lookup(number)
    if identity is not None and identity.birth_date != born:
        identity = None
    accounts = User.objects.filter(identity=identity.pk if identity else 0)
    user = accounts.first()
    codes.send_code_to_unknown(
        purpose=purposes.RECOVER,
        session_key=session_key,
        language=language,
        network=network,
        typed=number,
        recipient=str(identity.mobile) if identity else "",
        template=_answer_to(identity, user),
        confirms=str(user.pk) if user else "",
    )


def recover(*, code: OneTimeCode) -> Recovery:
    """Give the account the mobile that this code, which has been used, went to.

    A second request with the same code finds what the first one has done. RuleViolation:
    `registry_away`, `disputed`, `recovered`, or `changed` if the registry says something else by
    now.
    """
    identity = Identity.objects.get(user__pk=code.confirms)
    registry.refresh(identity)
    with transaction.atomic():
        user = lock_account(int(code.confirms))
        if earlier := Recovery.objects.filter(idempotency_key=code.pk).first():
            return earlier
        check_not_disputed(user)
        check_not_restricted(user)
        identity.refresh_from_db()
        if identity.mobile != code.recipient or _answer_to(identity, user) != _CODE:
            raise RuleViolation(
                _(
                    "This mobile cannot be given to your account any more: the registry or the "
                    "account has changed meanwhile. Begin again."
                ),
                code="changed",
            )
        recovery = Recovery(
            user=user,
            way=Recovery.Way.REGISTRY,
            new_mobile=code.recipient,
            idempotency_key=code.pk,
        )
        give_new_mobile(user, recovery)
    return recovery


def _answer_to(identity: Identity | None, user: User | None) -> str:
    """Return the template of the text to who asks: the code, or what to do instead."""
    mobile = identity.mobile if identity else ""
    is_closed = Recovery.objects.closing(user).exists()
    is_passed_over = Recovery.objects.passing_over(user, mobile).exists()
    if identity is None:
        return _CODE
    if identity.status != Identity.Status.ACTIVE:
        return f"register_{identity.status}"
    if user is None:
        return "register_minor" if identity.is_minor else "recover_no_account"
    if is_closed or not user.is_active:
        return "recover_at_counter"
    if identity.mobile == user.mobile:
        return "recover_same_mobile"
    return "recover_at_counter" if is_passed_over else _CODE
