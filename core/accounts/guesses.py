"""Guesses at passwords and at codes after them: counted before they are compared.

A guess is counted in a transaction that has committed before the password is hashed, and is taken
back if it is right. However many come at once, each is compared only if the count allows it.

Three limits stand side by side. Ten wrong passwords for an account, from one known browser or from
all unknown ones together, are followed by a pause. A hundred from one network make each further one
from there cost a picture. A hundred in a row for one account from unknown browsers shut it to those
for a day, without a word to whoever guesses; its owner is told.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy

from core.accounts import purposes
from core.accounts.models import GuessCount, User, canonical_login
from core.exceptions import RuleViolation
from core.messaging.actions.outbox import drop, write_mail, write_text
from core.security_log import Event, note

MAX_WRONG = 10
PAUSE = timedelta(minutes=15)
# One address may be that of a whole office or a mobile network, so it has ten times the tries.
MAX_FROM_NETWORK = 100
MAX_IN_A_ROW = 100
REFUSED_FOR = timedelta(hours=24)
# A row of guesses is forgotten after so long without one. An attacker who waits for that gets
# fewer guesses than one who lets the account be refused for a day each time.
FORGOTTEN_AFTER = timedelta(days=30)
MAX_WRONG_CODES = 100

RESTS = gettext_lazy("This account rests after many wrong codes. Set a new password to open it.")

_FORGOTTEN_AT_ONCE = 20_000

# A warning waits until it is certain that the guess it tells of was wrong, which takes the time of
# a comparison. It is written before that, so that no crash loses it.
_WARNING_WAITS = timedelta(minutes=1)


class Limit(StrEnum):
    """Why a guess is not compared, in the words of the security log."""

    LOCKED_OUT = "locked_out"
    REFUSED = "refused_for_a_day"
    PICTURE = "picture_asked"


@dataclass(frozen=True)
class Guess:
    """A guess with what `take_back` needs to know of its counting."""

    limit: Limit | None = None
    # Whether the next one will find the limit.
    is_last: bool = False
    account: str = ""
    network: str = ""
    is_in_row: bool = False
    warning: uuid.UUID | None = None


def count(
    login: str, user: User | None, *, browser: str, network: str, network_is_judged: bool
) -> Guess:
    """Count a guess at the password of `user`, or of nobody, and return it.

    It may be compared if it has no `limit`. `browser` is the token of a known browser, whose
    guesses concern no other; `network` is of an unknown one, and refuses only where it is judged.
    """
    name = _account_name(user.pk, browser) if user else _name("login", canonical_login(login))
    with transaction.atomic(durable=True):
        # Guesses at one account queue here. The network's row comes after it, as many want it.
        row = _locked(name)
        wrong = row.wrong_within(PAUSE)
        if wrong >= MAX_WRONG:
            return Guess(Limit.LOCKED_OUT)
        counts_network = False
        if network and not browser:
            of_network = _locked(_network_name(network))
            counts_network = of_network.wrong_within(PAUSE) < MAX_FROM_NETWORK
            if network_is_judged and not counts_network:
                return Guess(Limit.PICTURE)
            if counts_network:
                _count_from_network(of_network)
        row.wrong, row.since = wrong + 1, timezone.now()
        is_in_row = not browser and not row.is_refused
        warning = _extend_row(row, user) if is_in_row else None
        row.save()
    return Guess(
        limit=None if browser or is_in_row else Limit.REFUSED,
        is_last=row.wrong == MAX_WRONG,
        account=name,
        network=_network_name(network) if counts_network else "",
        is_in_row=is_in_row,
        warning=warning,
    )


def take_back(guess: Guess) -> None:
    """Uncount a guess that was right."""
    one_less_wrong = {"wrong": _one_less("wrong")}
    # If this guess was to shut the account, it does not.
    out_of_row = {"in_a_row": _one_less("in_a_row"), "refused_until": None}
    with transaction.atomic():
        of_account = GuessCount.objects.filter(name=guess.account)
        of_account.update(**one_less_wrong, **(out_of_row if guess.is_in_row else {}))
        if guess.network:
            GuessCount.objects.filter(name=guess.network).update(**one_less_wrong)
        if guess.warning:
            drop([guess.warning])


def end_row(user: User) -> None:
    """Begin anew to count what is wrong in a row, after a sign-in from an unknown browser."""
    row = GuessCount.objects.filter(name=_account_name(user.pk), in_a_row__gt=0)
    row.update(in_a_row=0, refused_until=None)


def forget(user: User, browser: str = "") -> None:
    """Clear the counts of unknown browsers, or of a known one, after a new password was set."""
    GuessCount.objects.filter(name=_account_name(user.pk, browser)).delete()


def is_slowed(network: str) -> bool:
    """Return whether guesses from unknown browsers on this network cost a picture now."""
    of_network = GuessCount.objects.filter(name=_network_name(network)).first()
    return of_network is not None and of_network.wrong_within(PAUSE) >= MAX_FROM_NETWORK


def check_rests(user: User) -> None:
    """RuleViolation: `rests`, after too many wrong codes in a row, until a new password is set."""
    if User.objects.filter(pk=user.pk, wrong_codes__gte=MAX_WRONG_CODES).exists():
        note(Event.LIMIT, "rests", account=user.pk, purpose=purposes.SIGN_IN)
        raise RuleViolation(RESTS, code="rests")


def count_code(user: User) -> uuid.UUID | None:
    """Count a guess at a sign-in code, before it is compared. RuleViolation: `rests`.

    Return the warning that waits if it is the last one, for `take_back_code`.
    """
    with transaction.atomic(durable=True):
        account = User.objects.filter(pk=user.pk)
        if account.filter(wrong_codes__lt=MAX_WRONG_CODES).update(wrong_codes=F("wrong_codes") + 1):
            is_last = account.filter(wrong_codes=MAX_WRONG_CODES).exists()
            return _warn(user, "codes_guessed") if is_last else None
    check_rests(user)
    return None


def take_back_code(user: User, warning: uuid.UUID | None, *, was_right: bool) -> None:
    """Uncount a guess that was not compared; the right one ends the row."""
    counted = User.objects.filter(pk=user.pk, wrong_codes__gt=0)
    with transaction.atomic():
        counted.update(wrong_codes=0 if was_right else F("wrong_codes") - 1)
        if warning:
            drop([warning])


def forget_old_guesses() -> int:
    """Delete the counts that limit nothing any more; return how many."""
    now = timezone.now()
    is_over = Q(in_a_row=0, since__lte=now - PAUSE) | Q(since__lte=now - FORGOTTEN_AFTER)
    with transaction.atomic():
        # A guess that holds one of these rows may wait for another: it must not wait for this.
        unused = GuessCount.objects.filter(is_over).select_for_update(skip_locked=True)
        names = list(unused.values_list("name", flat=True)[:_FORGOTTEN_AT_ONCE])
        return GuessCount.objects.filter(name__in=names).delete()[0]


def _locked(name: str) -> GuessCount:
    """Return the count under this name, locked for others until the transaction ends."""
    row, _is_new = GuessCount.objects.select_for_update(no_key=True).get_or_create(name=name)
    return row


def _count_from_network(row: GuessCount) -> None:
    """Count within a quarter of an hour from the first, and let the pause run from the last."""
    row.wrong = row.wrong_within(PAUSE) + 1
    if row.wrong in (1, MAX_FROM_NETWORK):
        row.since = timezone.now()
    row.save()


def _one_less(field: str) -> Greatest:
    """Return one less than the field holds, which may have been cleared since it was counted."""
    return Greatest(F(field) - 1, 0)


def _extend_row(row: GuessCount, user: User | None) -> uuid.UUID | None:
    """Count one more in a row, shut the account at each hundredth, and warn at the first."""
    row.in_a_row += 1
    row.refused_until = None
    if row.in_a_row % MAX_IN_A_ROW == 0:
        row.refused_until = timezone.now() + REFUSED_FOR
    return _warn(user, "password_guessed") if row.in_a_row == MAX_IN_A_ROW else None


def _warn(user: User | None, template: str) -> uuid.UUID:
    """Write a text and a mail to the owner; for nobody as well, so that it takes the same time."""
    occasion = uuid.uuid4()
    message: dict[str, Any] = {
        "language": user.language if user else settings.LANGUAGE_CODE,
        "template": template,
        "context": {},
        "about": user.subject if user else "",
        "occasion": occasion,
        "not_before": timezone.now() + _WARNING_WAITS,
    }
    write_text(recipient=user.mobile if user else "", **message)
    write_mail(recipient=user.email if user else "", **message)
    return occasion


def _account_name(user: int, browser: str = "") -> str:
    return _name("account", user, browser)


def _network_name(network: str) -> str:
    return _name("network", network)


def _name(*parts: str | int) -> str:
    name = ":".join(map(str, parts))
    return salted_hmac("accounts.guesses", name, algorithm="sha256").hexdigest()
