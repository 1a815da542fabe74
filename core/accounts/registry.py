"""The registry of people and establishments, behind one small interface.

The setting REGISTRY is the dotted path to a class with `lookup` and `refresh`. Both raise
RegistryUnavailable when they cannot answer, so that no request passes without a check.
"""

import json
import logging
from collections.abc import Sequence
from http import HTTPStatus
from http.client import HTTPException
from typing import TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from core.accounts import registry_import
from core.accounts.models import Identity, Link, User
from core.accounts.registry_records import (
    COLUMNS,
    FormerNumberRecord,
    IdentityRecord,
    LinkRecord,
    Record,
    WrongRecord,
    read_record,
)
from core.accounts.rights import Matter, has_passed_on, person_of
from core.deadlines import http_connection
from core.exceptions import RuleViolation
from core.identity_numbers import is_identity_number

TIMEOUT_SECONDS = 5  # for each network operation
DEADLINE_SECONDS = 10  # for the whole exchange
MAX_ANSWER_BYTES = 2**20

logger = logging.getLogger(__name__)

_Outcome = TypeVar("_Outcome", str, Link)


class RegistryUnavailable(RuleViolation):
    """Raised when the registry does not answer, or its answer is not valid."""

    def __init__(self) -> None:
        super().__init__(
            _("The registry cannot be reached at the moment. Try again in a few minutes."),
            code="registry_away",
        )


class LocalRegistry:
    """A registry in the tables of this database, filled by `manage.py import_identities`."""

    def lookup(self, number: str) -> Identity | None:
        """Return the up-to-date identity with this number, former or current; None if unknown."""
        return Identity.objects.filter(numbers__number=number).first()

    def refresh(self, identity: Identity) -> Identity:
        """Return the identity, up to date together with the links in which it is the person."""
        return Identity.objects.with_current_number().get(pk=identity.pk)


class HttpRegistry:
    """A registry over HTTP, whose answers are written to the tables of this database.

    The request is GET REGISTRY_URL + number, with REGISTRY_TOKEN as bearer. Status 404 means that
    the number is unknown. Status 200 has JSON {"records": [{column: text}, ...]} in the columns of
    `manage.py import_identities`: the identity with the number, its former numbers, every link in
    which it is the person, and the holders of these links. A link missing from the answer has
    ended. For any other answer nothing is written and RegistryUnavailable is raised; a redirect is
    not followed.

    A call takes up to DEADLINE_SECONDS: never make it inside a transaction, which would hold its
    locks as long.
    """

    def lookup(self, number: str) -> Identity | None:
        """Return the up-to-date identity with this number, former or current; None if unknown."""
        if not is_identity_number(number):
            return None
        try:
            answer = _answer_about(number)
            if answer is None:
                return None
            records = _records_in(answer)
            try:
                return _put(records, number)
            except IntegrityError:
                # Another request has added the same person or holder; the second try finds them.
                return _put(records, number)
        except (OSError, HTTPException, ValueError, RecursionError, IntegrityError) as error:
            # The messages of other errors may contain the number.
            reason = f": {error}" if isinstance(error, InvalidAnswer | WrongRecord) else ""
            logger.warning("the registry is away: %s%s", type(error).__name__, reason)
            raise RegistryUnavailable from error

    def refresh(self, identity: Identity) -> Identity:
        """Return the identity, up to date together with the links in which it is the person."""
        number = Identity.objects.get(pk=identity.pk).current_number
        known = number and self.lookup(number)
        if not known:
            raise RegistryUnavailable
        return known


def lookup(number: str) -> Identity | None:
    return import_string(settings.REGISTRY)().lookup(number)


def refresh(identity: Identity) -> Identity:
    return import_string(settings.REGISTRY)().refresh(identity)


def refresh_all(*identities: Identity | None) -> dict[int, Identity]:
    """Update these people and their links from the registry; return them as they are now, by key.

    Call it outside any transaction, as the registry may be slow. RegistryUnavailable if it does not
    answer.
    """
    return {each.pk: refresh(each) for each in dict.fromkeys(identities) if each is not None}


def refresh_parties(actor: User, matter: Matter) -> dict[int, Identity]:
    """Update the people on whom it depends what `actor` may do to `matter`: see `refresh_all`.

    They are the actor, the person whom it is about, and the holder, unless that has lost the link:
    of an establishment that was deleted, the registry may know nothing any more.
    """
    known = refresh_all(actor.identity, person_of(matter))
    if matter.holder_id not in known and not has_passed_on(matter):
        known |= refresh_all(matter.holder)
    return known


class InvalidAnswer(ValueError):
    """Raised for an answer that is not valid; its message quotes nothing of the answer."""


def _answer_about(number: str) -> bytes | None:
    """Return the body of the registry's answer; None if the number is unknown."""
    address = urlsplit(settings.REGISTRY_URL + number)
    target = address._replace(scheme="", netloc="").geturl()
    headers = {
        "Accept": "application/json",
        "Authorization": f"Bearer {settings.REGISTRY_TOKEN}",
    }
    with http_connection(address, timeout=TIMEOUT_SECONDS, seconds=DEADLINE_SECONDS) as connection:
        connection.request("GET", target, headers=headers)
        with connection.getresponse() as response:
            if response.status == HTTPStatus.NOT_FOUND:
                return None
            if response.status != HTTPStatus.OK:
                raise InvalidAnswer(f"status {response.status}")
            answer = response.read(MAX_ANSWER_BYTES + 1)
    if len(answer) > MAX_ANSWER_BYTES:
        raise InvalidAnswer("too large")
    return answer


def _records_in(answer: bytes) -> list[Record]:
    content = json.loads(answer)
    rows = content.get("records") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise InvalidAnswer("no list of records")
    for row in rows:
        if not (isinstance(row, dict) and row.keys() <= set(COLUMNS)):
            raise InvalidAnswer("a record of other columns")
        if not all(isinstance(text, str | None) for text in row.values()):
            raise InvalidAnswer("a record of other things than texts")
    return [read_record(row) for row in rows]


@transaction.atomic
def _put(records: Sequence[Record], number: str) -> Identity:
    """Write the records to the tables, and return the identity with `number`.

    Raises InvalidAnswer if the records repeat each other or are about another number or person,
    and WrongRecord for the first that cannot be written.
    """
    identities = [record for record in records if isinstance(record, IdentityRecord)]
    former_numbers = [record for record in records if isinstance(record, FormerNumberRecord)]
    link_records = [record for record in records if isinstance(record, LinkRecord)]
    in_force = {record.number for record in identities}
    superseded = {r.number for r in former_numbers if r.current_number in in_force}
    if number not in in_force | superseded:
        raise InvalidAnswer("about another number")
    numbered = [record for record in records if not isinstance(record, LinkRecord)]
    _refuse_repeated([(type(record), record.number) for record in numbered])
    registry_import.exchange_numbers(former_numbers)
    _raise_wrong_record(registry_import.put_identities(identities))
    _raise_wrong_record(registry_import.put_former_numbers(former_numbers))
    links = _raise_wrong_record(registry_import.links_between(link_records))
    _refuse_repeated([registry_import.link_key(link) for link in links])
    identity = Identity.objects.get(numbers__number=number)
    if any(link.person_id != identity.pk for link in links):
        raise InvalidAnswer("a link of another person")
    registry_import.put_links(links)
    registry_import.end_other_links(identity, links)
    return identity


def _raise_wrong_record(outcomes: list[_Outcome | WrongRecord]) -> list[_Outcome]:
    for outcome in outcomes:
        if isinstance(outcome, WrongRecord):
            raise outcome
    return outcomes  # type: ignore[return-value]  # no WrongRecord is left


def _refuse_repeated(keys: Sequence[object]) -> None:
    if len(set(keys)) < len(keys):
        raise InvalidAnswer("a record that stands there twice")
