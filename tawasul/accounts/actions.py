"""One-time codes: sending one, and using it up together with what it confirms."""

import math
import secrets
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tawasul.accounts.models import OneTimeCode, User
from tawasul.exceptions import RuleViolation
from tawasul.messaging.actions import write_text
from tawasul.numbers import bare_digits

VALID_FOR = timedelta(minutes=10)
BETWEEN_SENDS = timedelta(seconds=60)
MOST_UNUSED_PER_HOUR = 5
MOST_COMPARED = 5


def session_hash(session_key):
    """What stands for a session in the database; the key itself would open it."""
    return salted_hmac("accounts.session", session_key, algorithm="sha256").hexdigest()


def latest_code(*, actor, purpose, session_key):
    """The code that was sent last in this session, good or not; None when there was none."""
    return OneTimeCode.objects.latest_for(
        user=actor, purpose=purpose, session=session_hash(session_key)
    ).first()


@transaction.atomic
def send_code(*, actor, purpose, session_key, language, confirms="", about=None):
    """Text `actor` a new code, and make the one before useless.

    `confirms` is the digest of what the code will confirm, `about` the words for it in the text.
    RuleViolation: `no_mobile`, `too_soon` within a minute of the last one, `too_many` in an hour.
    """
    if not actor.mobile:
        raise RuleViolation(
            _("Your account has no mobile number to send a code to. Go to a passports office."),
            code="no_mobile",
        )
    mobile = str(actor.mobile)
    # Whoever shares this number waits here, so that two sends at once count each other.
    list(User.objects.select_for_update(no_key=True).filter(mobile=mobile).order_by("pk"))
    now = timezone.now()
    earlier = OneTimeCode.objects.filter(mobile=mobile, purpose=purpose)
    _check_pace(earlier, now)
    earlier.filter(used_at=None, replaced_at=None).update(replaced_at=now)
    digits = f"{secrets.randbelow(10**6):06}"
    code = OneTimeCode(
        purpose=purpose,
        user=actor,
        mobile=mobile,
        session=session_hash(session_key),
        confirms=confirms,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    code.code_hash = _hash(code, digits)
    code.save(force_insert=True)
    write_text(
        recipient=mobile,
        language=language,
        template=f"code_{purpose}",
        context={"code": digits, "about": about},
        key=code.pk,
        not_after=code.expires_at,
    )
    return code


def use_code(*, actor, purpose, session_key, guess, deed):
    """Try `guess`; if it is right, use the code up and do `deed(code)`; the deed's result.

    Tries on one code queue at its row, so each finds what the one before has left. The try is
    counted in a transaction of its own that commits whatever the deed does: the deed is a savepoint
    inside it, so that one that fails takes back the use of the code and itself, never the count.
    Nobody learns the outcome before that commit. Counting in an earlier transaction instead would
    refuse the sixth of twenty identical sends before the first of them has filed.

    RuleViolation: `no_code`, `used`, `replaced`, `expired`, `spent` (five were compared),
    `wrong`, or what the deed raises.
    """
    failure = result = None
    with transaction.atomic(durable=True):
        code = (
            OneTimeCode.objects.latest_for(
                user=actor, purpose=purpose, session=session_hash(session_key)
            )
            .select_for_update(no_key=True)
            .first()
        )
        failure = _count_and_compare(code, guess)
        if failure is None:
            try:
                with transaction.atomic():
                    OneTimeCode.objects.filter(pk=code.pk).update(used_at=timezone.now())
                    result = deed(code)
            except Exception as error:
                failure = error
    if failure is not None:
        raise failure
    return result


def forget_old_codes():
    """Delete codes that neither anybody nor any limit can need any more; how many."""
    return OneTimeCode.objects.filter(expires_at__lt=timezone.now() - timedelta(days=1)).delete()[0]


def forget_ended_sessions():
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def remember_language(*, actor, language):
    """From now on, texts to `actor` are in the language in which they signed in."""
    User.objects.filter(pk=actor.pk).update(language=language)


def _check_pace(earlier, now):
    hour_ago = now - timedelta(hours=1)
    unused = earlier.filter(used_at=None, created_at__gt=hour_ago).order_by("-created_at")
    sent_at = list(unused.values_list("created_at", flat=True)[:MOST_UNUSED_PER_HOUR])
    if sent_at and now - sent_at[0] < BETWEEN_SENDS:
        wait = math.ceil((sent_at[0] + BETWEEN_SENDS - now).total_seconds())
        raise RuleViolation(
            ngettext(
                "A code has just been sent. You can ask for another in %(count)s second.",
                "A code has just been sent. You can ask for another in %(count)s seconds.",
                wait,
            )
            % {"count": wait},
            code="too_soon",
        )
    if len(sent_at) == MOST_UNUSED_PER_HOUR:
        wait = math.ceil((sent_at[-1] - hour_ago).total_seconds() / 60)
        raise RuleViolation(
            ngettext(
                "Too many codes were sent and not used. Try again in %(count)s minute.",
                "Too many codes were sent and not used. Try again in %(count)s minutes.",
                wait,
            )
            % {"count": wait},
            code="too_many",
        )


def _count_and_compare(code, guess):
    """Count this try, and compare it if it is among the first five; why it failed, or None."""
    if code is None:
        return RuleViolation(_("Ask for a code first."), code="no_code")
    OneTimeCode.objects.filter(pk=code.pk).update(tries=F("tries") + 1)
    code.tries += 1
    if code.used_at:
        return RuleViolation(
            _("This code has been used already. Ask for another code."), code="used"
        )
    if code.replaced_at:
        return RuleViolation(
            _("A newer code was sent to your mobile. Use that one, or ask for another code."),
            code="replaced",
        )
    if code.expires_at <= timezone.now():
        return RuleViolation(
            _("This code is more than 10 minutes old. Ask for another code."), code="expired"
        )
    if code.tries > MOST_COMPARED:
        return RuleViolation(
            _("A wrong code was entered too many times. Ask for another code."), code="spent"
        )
    if not constant_time_compare(code.code_hash, _hash(code, bare_digits(guess))):
        return RuleViolation(
            _("This is not the code we sent. Check the text on your mobile and try again."),
            code="wrong",
        )
    return None


def _hash(code, digits):
    return salted_hmac(
        "accounts.one-time-code", f"{code.pk}:{digits}", algorithm="sha256"
    ).hexdigest()
