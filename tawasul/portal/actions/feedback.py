"""Keeping what people say of a page, within limits that need no address of theirs."""

import secrets
import time
import uuid
from collections import Counter
from hashlib import blake2b

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.exceptions import RuleViolation
from tawasul.portal.models import Feedback

MAX_A_DAY = 500  # of one page in one language
# In an hour, in each process; one address may be that of a whole mobile network.
MAX_FROM_NETWORK = 30
_HOUR = 60 * 60  # seconds


class _Networks:
    """How many answers have come from each network within this hour.

    They are counted in this process alone, under hashes whose key nobody has.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._counted: Counter[bytes] = Counter()
        self._hour = 0

    def count(self, network: str) -> bool:
        """Count an answer, and return whether it is within the limit."""
        hour = int(time.monotonic() // _HOUR)
        if hour != self._hour:
            self._hour, self._counted = hour, Counter()
        name = blake2b(network.encode(), key=self._key, digest_size=16).digest()
        # Whoever is past the limit makes the count no longer.
        is_within = self._counted[name] < MAX_FROM_NETWORK
        self._counted[name] += is_within
        return is_within

    def forget(self) -> None:
        self._counted.clear()


networks = _Networks()


def give_feedback(
    *,
    page: str,
    language: str,
    is_useful: bool,
    sentence: str,
    network: str,
    idempotency_key: uuid.UUID,
) -> None:
    """Keep an answer about a page, once for each key.

    RuleViolation `limit` where so many have come about this page today, or from this network within
    an hour, that more would say nothing.
    """
    answers = Feedback.objects.filter(idempotency_key=idempotency_key)
    if answers.exists():
        return
    of_page = {"page": page, "language": language, "day": timezone.localdate()}
    is_full = Feedback.objects.filter(**of_page).count() >= MAX_A_DAY
    if is_full or not networks.count(network):
        raise RuleViolation(
            _("So many answers have come in that this one could not be kept. Try again tomorrow."),
            code="limit",
        )
    given = {**of_page, "is_useful": is_useful, "sentence": sentence}
    with transaction.atomic():
        Feedback.objects.get_or_create(idempotency_key=idempotency_key, defaults=given)
