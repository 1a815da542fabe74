"""How many uploads of one person are checked, at once and within an hour."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.exceptions import RuleViolation
from core.template_filters import time_of_day
from requests_app.models import Upload

MAX_AT_ONCE = 3
MAX_WITHIN_AN_HOUR = 60
_HOUR = timedelta(hours=1)
# A check that has not ended by then never will: its web process was killed.
_LONGEST = timedelta(minutes=2)


@contextmanager
def counted(actor: User, name: str) -> Iterator[None]:
    """Count the upload of a file of this name while it is checked. RuleViolations as `begin`.

    One that could not be checked, as the decoder was busy, does not count.
    """
    upload = begin(actor, name)
    try:
        yield
    except RuleViolation as violation:
        if violation.code == "busy":
            upload.delete()
        raise
    finally:
        Upload.objects.filter(pk=upload.pk).update(ended_at=timezone.now())


@transaction.atomic
def begin(actor: User, name: str) -> Upload:
    """Count an upload that begins.

    RuleViolation `busy` if the actor has too many at once, `document` if too many this hour.
    """
    # Uploads of one person that begin at once are counted one after the other.
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    now = timezone.now()
    recent = _since(actor, now - _HOUR)
    if len(recent) >= MAX_WITHIN_AN_HOUR:
        again = recent[-MAX_WITHIN_AN_HOUR].began_at + _HOUR
        raise RuleViolation(
            _(
                "“%(name)s” was not added: you have sent 60 files within an hour. "
                "Send it again from %(time)s on."
            )
            % {"name": name, "time": time_of_day(again)},
            code="document",
        )
    being_checked = [
        each for each in recent if not each.ended_at and each.began_at > now - _LONGEST
    ]
    if len(being_checked) >= MAX_AT_ONCE:
        raise RuleViolation(
            _(
                "“%(name)s” was not added, as three of your files are being checked. "
                "Send it again in a minute."
            )
            % {"name": name},
            code="busy",
        )
    return Upload.objects.create(user=actor, began_at=now)


def _since(actor: User, moment: datetime) -> list[Upload]:
    return list(Upload.objects.filter(user=actor, began_at__gt=moment).order_by("began_at"))
