"""One-time codes: sending them, and using them in the transaction of the action they confirm."""

import logging
import math
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar
from zlib import crc32

from django.conf import settings
from django.db import transaction
from django.db.models import F, Model
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts import authenticators, purposes
from core.accounts.models import LockStripe, OneTimeCode, OneTimeCodeQuerySet, User
from core.accounts.security_events import (
    limits_noted,
    note_app_asked,
    note_code_sent,
    note_code_tried,
)
from core.exceptions import RuleViolation
from core.messaging.actions.outages import texts_are_delayed
from core.messaging.actions.outbox import write_mail, write_text
from core.text import bare_digits

logger = logging.getLogger(__name__)
VALID_FOR = timedelta(minutes=10)
BETWEEN_SENDS = timedelta(seconds=60)
MAX_UNUSED_PER_HOUR = 5
MAX_UNUSED_PER_NETWORK = 100  # per hour; one network may be a whole mobile operator's
MAX_COMPARED = 5

_Result = TypeVar("_Result")


def session_hash(session_key: str | None) -> str:
    """Return the hash stored in place of a session key, because the key would open the session."""
    return salted_hmac("accounts.session", session_key, algorithm="sha256").hexdigest()  # type: ignore[arg-type]  # saved sessions have keys


def latest_code(*, actor: User | None, purpose: str, session_key: str | None) -> OneTimeCode | None:
    """Return the last code sent in this session, valid or not; None if there is none."""
    return OneTimeCode.objects.latest_for(
        user=actor, purpose=purpose, session=session_hash(session_key)
    ).first()


def seconds_until_another(last: OneTimeCode | None) -> int:
    """Return the seconds until another code may be sent after `last`, 0 if it may be now.

    Where an hour has used up its codes, sending says so.
    """
    if last is None or last.by_app:
        return 0
    left = last.created_at + BETWEEN_SENDS - timezone.now()
    return max(0, math.ceil(left.total_seconds()))


def send_code(
    *,
    actor: User,
    purpose: str,
    session_key: str | None,
    language: str,
    recipient: str | None = None,
    confirms: str = "",
    about: Model | None = None,
) -> OneTimeCode:
    """Send a new code to the actor's mobile, or to the new `recipient` that the code confirms.

    Nothing is sent to the own mobile of an actor with an authenticator app: the app shows the code.

    `confirms` is the digest of the content that the code will confirm, and `about` describes it in
    the text. In this session it takes the place of the previous code; one that another session has
    asked for stays good there. While texts are delayed, a code to the account's own mobile goes to
    its mail address as well, if the purpose allows it. RuleViolation: `no_mobile`, `too_soon` (less
    than a minute after the last code), `too_many` (five unused codes in an hour).
    """
    if not recipient and authenticators.app_of(actor):
        return ask_the_app(actor=actor, purpose=purpose, session_key=session_key, confirms=confirms)
    email = None if recipient else actor.email or None
    recipient = recipient or str(actor.mobile)
    if not recipient:
        raise RuleViolation(
            _(
                "Your account has no mobile number to send a code to. Go to a passports office "
                "with your ID or passport."
            ),
            code="no_mobile",
        )
    with limits_noted(purpose, actor), _locked_stripes(recipient, f"account {actor.pk}"):
        _check_pace(_codes_asked_for(recipient), purpose)
        _check_account(actor, purpose)
        return _issue(
            actor=actor,
            purpose=purpose,
            session_key=session_key,
            language=language,
            recipient=recipient,
            email=email,
            asked_for=recipient,
            confirms=confirms,
            template=f"code_{purpose}",
            about=about,
        )


def ask_the_app(
    *, actor: User, purpose: str, session_key: str | None, confirms: str = ""
) -> OneTimeCode:
    """Let the next code be one that the actor's authenticator app shows, or a recovery code.

    Nothing is sent, so there is nothing to wait for: asked again within a minute, it is the same
    row. RuleViolation `too_many`, as in `send_code`.
    """
    name = f"account {actor.pk}"
    session = session_hash(session_key)
    with limits_noted(purpose, actor), _locked_stripes(name):
        now = timezone.now()
        last = OneTimeCode.objects.latest_for(user=actor, purpose=purpose, session=session).first()
        if (
            last
            and last.by_app
            and last.confirms == confirms
            and last.used_at is None
            and last.tries < MAX_COMPARED
            and now - last.created_at < BETWEEN_SENDS
        ):
            return last
        _check_account(actor, purpose)
        note_app_asked(purpose, actor)
        return OneTimeCode.objects.create(
            purpose=purpose,
            user=actor,
            by_app=True,
            asked_for=_fingerprint(name),
            session=session,
            confirms=confirms,
            created_at=now,
            expires_at=now + VALID_FOR,
        )


def send_code_to_unknown(
    *,
    purpose: str,
    session_key: str | None,
    language: str,
    network: str,
    typed: str,
    recipient: str,
    template: str,
    email: str | None = None,
    confirms: str = "",
    about: Model | None = None,
) -> OneTimeCode:
    """Send a code to a visitor who is not signed in, and reveal the outcome in the text alone.

    If `template` is not the purpose's code template, or `recipient` is empty, the row is a decoy
    that no guess matches: the page, the limits and the work done are the same. The limits that
    raise count who asks, by session and network, so that a stranger uses up nobody's codes. A
    person who has had enough texts gets none, without any notice; callers give their mobile only
    for a request that knows more than a stranger does. A mobile that was merely typed raises. With
    `email`, which is empty where there is no account, the code goes there as well while texts are
    delayed. The security log is told of what was `typed`, by a pseudonym.
    RuleViolation: `too_soon`, `too_many`, or `budget` if the texts of this hour are used up.
    """
    asked_for = f"session {session_key}"
    budget = _budget_of(purpose)
    names = (asked_for, recipient or f"nobody {asked_for}", f"network {network}")
    with limits_noted(purpose, None, typed):
        # A flood from a network that has had its share queues nowhere.
        _check_network(network)
    with limits_noted(purpose, None, typed), _locked_stripes(*names, budget=budget):
        _check_network(network)
        _check_pace(_codes_asked_for(asked_for), purpose)
        _check_budget(budget, purpose)
        # A decoy asks the same question, of a recipient that nobody is.
        texts = OneTimeCode.objects.filter(purpose=purpose, recipient=recipient or asked_for)
        if purpose in purposes.TO_TYPED_MOBILES:
            _check_pace(texts, purpose)
        elif _wait(texts, timezone.now()):
            recipient = ""
        return _issue(
            actor=None,
            purpose=purpose,
            session_key=session_key,
            language=language,
            recipient=recipient,
            email=email,
            asked_for=asked_for,
            typed=typed,
            network=network,
            confirms=confirms,
            template=template,
            about=about,
        )


def use_code(
    *,
    actor: User | None,
    purpose: str,
    session_key: str | None,
    guess: str,
    action: Callable[[OneTimeCode], _Result],
) -> _Result:
    """Compare `guess` with the code and, if it is right, use it up and return `action(code)`.

    Concurrent tries queue at the lock on the code's row, so that each try sees the result of the
    one before. The try is counted in a durable transaction that commits whatever the action does.
    The action runs in a savepoint inside it: an action that fails rolls back itself and the use of
    the code, but not the count. No caller learns the outcome before that commit. Counting in an
    earlier transaction instead would refuse the sixth of twenty identical requests before the first
    of them has filed its inquiry.

    Where the app of the actor was asked, a code of the app or a recovery code is used up in the
    same savepoint.

    RuleViolation: `no_code`, `used`, `expired`, `spent` (five tries were compared),
    `wrong`. Exceptions of the action are raised as they are.
    """
    failure: Exception | None
    result: _Result
    with transaction.atomic(durable=True):
        code = (
            OneTimeCode.objects.latest_for(
                user=actor, purpose=purpose, session=session_hash(session_key)
            )
            .select_for_update(no_key=True)
            .first()
        )
        failure = refusal = _count_and_compare(code, guess)
        if code and failure is None:
            try:
                with transaction.atomic():
                    OneTimeCode.objects.filter(pk=code.pk).update(used_at=timezone.now())
                    if code.by_app:
                        authenticators.use(actor, guess)  # type: ignore[arg-type]  # no visitor's
                    result = action(code)
            except authenticators.WrongAppCode as wrong:
                failure = refusal = wrong
            except Exception as error:
                failure = error
    note_code_tried(purpose, actor, refusal, by_app=bool(code and code.by_app))
    if failure is not None:
        raise failure
    return result


def end_codes_to(user: User, recipient: str) -> None:
    """Let the codes of the account that are on their way to `recipient` expire now."""
    now = timezone.now()
    OneTimeCode.objects.filter(user=user, recipient=recipient, expires_at__gt=now).update(
        expires_at=now
    )


def forget_old_codes() -> int:
    """Delete the codes that expired over a day ago, which no limit counts; return how many."""
    return OneTimeCode.objects.filter(expires_at__lt=timezone.now() - timedelta(days=1)).delete()[0]


@contextmanager
def _locked_stripes(*names: str, budget: str = "") -> Iterator[None]:
    """Open a transaction that holds the lock stripes of these names, and that of a budget.

    Concurrent sends for the same name queue here, so that each counts the one before.
    """
    numbers = {crc32(name.encode()) % LockStripe.COUNT for name in names}
    if budget:
        numbers.add(LockStripe.OF_BUDGETS[budget])
    with transaction.atomic():
        stripes = LockStripe.objects.select_for_update().filter(number__in=numbers)
        if len(stripes.order_by("number")) < len(numbers):
            # Migrations have made all of them; this mends a table that was emptied.
            for number in sorted(numbers):
                LockStripe.objects.select_for_update().get_or_create(number=number)
        yield


def _codes_asked_for(name: str) -> OneTimeCodeQuerySet:
    return OneTimeCode.objects.filter(asked_for=_fingerprint(name))


def _check_pace(earlier: OneTimeCodeQuerySet, purpose: str) -> None:
    wait = _wait(earlier.filter(purpose=purpose), timezone.now())
    if wait is None:
        return
    seconds = math.ceil(wait.total_seconds())
    if wait <= BETWEEN_SENDS:
        raise RuleViolation(
            ngettext(
                "You have just asked for a code. You can ask for another in %(count)s second.",
                "You have just asked for a code. You can ask for another in %(count)s seconds.",
                seconds,
            )
            % {"count": seconds},
            code="too_soon",
        )
    raise _too_many(wait)


def _check_account(actor: User, purpose: str) -> None:
    """Check that the account is within the hourly limit, which is independent of the recipients."""
    hour_ago = timezone.now() - timedelta(hours=1)
    sent = OneTimeCode.objects.filter(user=actor, purpose=purpose)
    if sent.unused_since(hour_ago).count() >= MAX_UNUSED_PER_HOUR:
        raise _too_many(timedelta(hours=1))


def _check_network(network: str) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    asked_from = OneTimeCode.objects.filter(asked_from=_fingerprint(network))
    if asked_from.unused_since(hour_ago).count() >= MAX_UNUSED_PER_NETWORK:
        raise _too_many(timedelta(hours=1))


def _budget_of(purpose: str) -> str:
    return "typed" if purpose in purposes.TO_TYPED_MOBILES else "known"


def _check_budget(name: str, purpose: str) -> None:
    """Check how many texts visitors have been sent in the last hour, whoever asked for them.

    Mobiles that were merely typed have a budget of their own: a flood to them stops nobody who
    registers or resets. The end of either is in the log as an error.
    """
    budget = settings.CODE_BUDGETS[name]
    of_visitors = OneTimeCode.objects.filter(user=None).exclude(recipient="")
    hour_ago = timezone.now() - timedelta(hours=1)
    same = {"purpose__in": purposes.TO_TYPED_MOBILES}
    sent = of_visitors.filter(**same) if name == "typed" else of_visitors.exclude(**same)
    if sent.filter(created_at__gt=hour_ago).count() >= budget:
        logger.error(
            "no codes are sent: the hourly budget of %s for %s is used up", budget, purpose
        )
        raise RuleViolation(
            _(
                "Very many codes are being asked for, and we cannot send yours now. Try again in "
                "an hour, or go to a passports office with your ID or passport."
            ),
            code="budget",
        )


def _too_many(wait: timedelta) -> RuleViolation:
    minutes = math.ceil(wait.total_seconds() / 60)
    return RuleViolation(
        ngettext(
            "Too many codes were asked for and not used. Try again in %(count)s minute.",
            "Too many codes were asked for and not used. Try again in %(count)s minutes.",
            minutes,
        )
        % {"count": minutes},
        code="too_many",
    )


def _wait(earlier: OneTimeCodeQuerySet, now: datetime) -> timedelta | None:
    """Return the time until another code may be sent after the `earlier` ones; None for no wait."""
    hour_ago = now - timedelta(hours=1)
    sent_at = list(
        earlier.unused_since(hour_ago).values_list("created_at", flat=True)[:MAX_UNUSED_PER_HOUR]
    )
    if len(sent_at) == MAX_UNUSED_PER_HOUR:
        return sent_at[-1] - hour_ago
    if sent_at and now - sent_at[0] < BETWEEN_SENDS:
        return sent_at[0] + BETWEEN_SENDS - now
    return None


def _issue(
    *,
    actor: User | None,
    purpose: str,
    session_key: str | None,
    language: str,
    recipient: str,
    email: str | None,
    asked_for: str,
    typed: str = "",
    template: str,
    confirms: str,
    network: str = "",
    about: Model | None = None,
) -> OneTimeCode:
    now = timezone.now()
    digits = f"{secrets.randbelow(10**6):06}"
    code = OneTimeCode(
        purpose=purpose,
        user=actor,
        recipient=recipient,
        asked_for=_fingerprint(asked_for),
        asked_from=_fingerprint(network) if network else "",
        session=session_hash(session_key),
        confirms=confirms,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    says_code = bool(recipient) and template == f"code_{purpose}"
    code.code_hash = _hash(code, digits if says_code else secrets.token_hex())
    code.save(force_insert=True)
    message = {
        "language": language,
        "context": {"code": digits, "about": about},
        "about": actor.subject if actor else "",
        "not_after": code.expires_at,
        "is_secret": True,
    }
    write = write_mail if purposes.is_sent_by_mail(purpose) else write_text
    write(recipient=recipient, template=template, idempotency_key=code.pk, **message)
    if email is not None and purposes.is_sent_by_mail_too(purpose) and texts_are_delayed():
        # A decoy is written as well, to nobody.
        to = email if says_code else ""
        mail = f"code_{purpose}"
        write_mail(recipient=to, template=mail, idempotency_key=code.mail_key, **message)
    note_code_sent(purpose, actor, typed, is_sent=says_code)
    return code


def _count_and_compare(code: OneTimeCode | None, guess: str) -> RuleViolation | None:
    """Count this try, compare it if it is one of the first five, and return its error or None."""
    if code is None:
        return RuleViolation(_("Ask for a code first."), code="no_code")
    OneTimeCode.objects.filter(pk=code.pk).update(tries=F("tries") + 1)
    code.tries += 1
    if code.used_at:
        return RuleViolation(
            _("This code has been used already. Ask for another code."), code="used"
        )
    if code.expires_at <= timezone.now():
        return RuleViolation(
            _("More than 10 minutes have passed. Start again.")
            if code.by_app
            else _("This code is more than 10 minutes old. Ask for another code."),
            code="expired",
        )
    if code.tries > MAX_COMPARED:
        return RuleViolation(
            _("A wrong code was entered too many times. Start again.")
            if code.by_app
            else _("A wrong code was entered too many times. Ask for another code."),
            code="spent",
        )
    if code.by_app:
        return None  # what the app shows is compared where it is used up
    if not constant_time_compare(code.code_hash, _hash(code, bare_digits(guess))):
        return RuleViolation(
            _("This code is not right. Check it and try again."),
            code="wrong",
        )
    return None


def _hash(code: OneTimeCode, digits: str) -> str:
    return salted_hmac(
        "accounts.one-time-code", f"{code.pk}:{digits}", algorithm="sha256"
    ).hexdigest()


def _fingerprint(name: str) -> str:
    return salted_hmac("accounts.asked-for", name, algorithm="sha256").hexdigest()
