"""The security log: one line of JSON for each event, without personal data.

docs/security-log.md lists the events, and what to watch for.
"""

import json
import logging
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from core.request_ids import request_in_hand

DONE = "done"
LOGGER = "tawasul.security"

_PSEUDONYM_LENGTH = 24  # letters, of four bits each
# Pseudonyms have no digits: a search of the log for a number or a code finds none by chance.
_IN_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")

_logger = logging.getLogger(LOGGER)
_own_failures = logging.getLogger(__name__)


class Event(StrEnum):
    """What is noted; each stands in docs/security-log.md."""

    ACCOUNT_OPENED = "account_opened"
    SIGN_IN = "sign_in"
    NEW_DEVICE = "new_device"
    SIGNED_OUT = "signed_out"
    SECOND_FACTOR = "second_factor"
    LIMIT = "limit"
    CODE_SENT = "code_sent"
    CODE_TRIED = "code_tried"
    RECOVERY = "recovery"
    OBJECTION = "objection"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an event
    MOBILE_CHANGED = "mobile_changed"
    EMAIL_CHANGED = "email_changed"
    AUTHENTICATOR_ADDED = "authenticator_added"
    AUTHENTICATOR_REMOVED = "authenticator_removed"
    RECOVERY_CODES = "recovery_codes"
    ACCESS_REFUSED = "access_refused"
    DEED_REFUSED = "deed_refused"
    INQUIRY_PREPARED = "inquiry_prepared"
    DOCUMENT_OPENED = "document_opened"
    DOCUMENT_INFECTED = "document_infected"
    SCANNER_AWAY = "scanner_away"
    PERSON_OPENED = "person_opened"
    PERSON_ASSISTED = "person_assisted"
    EXPORT = "export"
    EXPORT_DOWNLOADED = "export_downloaded"
    STAFF_ADDED = "staff_added"
    ROLE_CHANGED = "role_changed"
    OFFICE_CHANGED = "office_changed"
    STAFF_ADDRESS_CHANGED = "staff_address_changed"
    STAFF_ENDED = "staff_ended"
    STAFF_TAKEN_BACK = "staff_taken_back"
    AUTHENTICATOR_RESET = "authenticator_reset"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    ENROLMENT = "enrolment"
    ACCESS_REVIEWED = "access_reviewed"


def note(
    event: Event,
    outcome: str = DONE,
    *,
    account: int | None = None,
    typed: str = "",
    person: int | None = None,
    staff: int | None = None,
    purpose: str = "",
    kind: str = "",
    reference: str = "",
    filters: str = "",
    rows: int | None = None,
) -> None:
    """Note an event with its outcome: DONE, or the program's word for why not.

    `account` is the key of the account that acts or is acted on, `typed` what somebody typed where
    no account is known (a username, a number, a mobile), `person` the key of the identity that was
    looked at, and `staff` that of the staff account that was changed, which has the same pseudonym
    as in `account`: all four are logged as pseudonyms. `purpose`, `kind`, `reference` and
    `filters`, those of a list, are logged as they are, so they hold words of the program and
    references only. `rows` is how many rows were taken out.

    What was done in a transaction is logged after its commit. What failed is logged at once, as the
    rollback that follows must not take it away. No failure to log is raised.
    """
    try:
        in_hand = request_in_hand()
        facts = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "event": event,
            "outcome": outcome,
            "account": account and pseudonym("account", account),
            "typed": typed and pseudonym("typed", typed),
            "person": person and pseudonym("person", person),
            "staff": staff and pseudonym("account", staff),
            "purpose": purpose,
            "kind": kind,
            "reference": reference,
            "filters": filters,
            "rows": rows,
            "network": in_hand and pseudonym("network", in_hand.network),
            "request": in_hand and in_hand.request_id,
        }
        known = {name: str(value) for name, value in facts.items() if value}
        if outcome == DONE and connection.in_atomic_block:
            transaction.on_commit(partial(_write, event, known))
        else:
            _write(event, known)
    except Exception as error:
        _tell_of(event, error)


def pseudonym(what: str, value: str | int) -> str:
    """Return letters that stand for `value`, always the same until SECRET_KEY changes.

    Nobody can compute them, or what they stand for, without that key.
    """
    keyed = salted_hmac(f"core.security_log.{what}", str(value), algorithm="sha256")
    return keyed.hexdigest()[:_PSEUDONYM_LENGTH].translate(_IN_LETTERS)


def _write(event: Event, facts: dict[str, str]) -> None:
    try:
        _logger.info(event, extra={"facts": facts})
    except Exception as error:
        _tell_of(event, error)


def _tell_of(event: Event, error: Exception) -> None:
    _own_failures.error("the event %s was not logged: %s", event, type(error).__name__)


class JsonLine(logging.Formatter):
    """The format of the security log."""

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, Any] = record.facts  # type: ignore[attr-defined]  # `note` gives it
        return json.dumps(facts)
