"""Asking the person of an inquiry to come to an office, and taking that back."""

import datetime
import uuid
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.actions import check_bookable_in
from core.accounts.acting_for import check_is_open, ways_to
from core.accounts.audience import audience_of
from core.accounts.models import User
from core.catalogue.models import DocumentType, Region, Service, Way
from core.catalogue.working_days import add_working_days
from core.digests import derive_key, digest_of
from core.exceptions import RuleViolation
from core.messaging.actions import notices
from core.template_filters import full_day_in_words
from requests_app.actions import record_invitation, record_withdrawn_invitation
from requests_app.models import Inquiry
from tawasul.portal.models import Invitation

# Whoever is asked to come has at least so many working days, and at most so many days.
MIN_WORKING_DAYS, MAX_DAYS = 3, 60
_DAY = datetime.timedelta(days=1)


def last_days() -> list[datetime.date]:
    """Return the days until when somebody can be asked to come today."""
    today = timezone.localdate()
    first = add_working_days(today, MIN_WORKING_DAYS)
    number = (today + MAX_DAYS * _DAY - first).days + 1
    return [first + ahead * _DAY for ahead in range(number)]


def invite(
    *,
    actor: User,
    inquiry: Inquiry,
    expected_version: int,
    service: Service,
    region: Region,
    until: datetime.date,
    documents: Sequence[DocumentType],
    what_to_bring: str,
    idempotency_key: uuid.UUID,
) -> Invitation:
    """Ask the beneficiary of an open inquiry of the actor to come to an office of the region.

    A second request with the same idempotency key changes nothing. RuleViolation `invited` while
    they are asked already, `until`, `service` or `region` by the choice to correct, or as in
    `record_invitation`.
    """
    asked = {
        "service": service,
        "region": region,
        "until": until,
        "documents": sorted(each.pk for each in documents),
        "what_to_bring": what_to_bring,
    }
    content = {**asked, "service": service.pk, "region": region.pk}
    key = derive_key(idempotency_key, actor.pk, inquiry.pk, content)
    try:
        with transaction.atomic():
            inquiry = record_invitation(
                actor=actor,
                inquiry=inquiry,
                expected_version=expected_version,
                content_digest=digest_of(content),
            )
            _check_not_invited(inquiry)
            _check_can_come(inquiry, service, region, until)
            invitation = Invitation.objects.create(
                inquiry=inquiry,
                officer=actor,
                created_at=timezone.now(),
                idempotency_key=key,
                **asked,
            )
            _tell(invitation, "inquiry_invited")
    except (RuleViolation, IntegrityError):
        made = Invitation.objects.filter(idempotency_key=key).first()
        if made is None:
            raise
        return made
    return invitation


@transaction.atomic
def withdraw_invitation(*, actor: User, inquiry: Inquiry, expected_version: int) -> Invitation:
    """Tell the person of the actor's inquiry that they need not come any more.

    What they have booked stays theirs. RuleViolation `not_invited`, or as in
    `record_withdrawn_invitation`.
    """
    inquiry = record_withdrawn_invitation(
        actor=actor, inquiry=inquiry, expected_version=expected_version
    )
    invitation = Invitation.objects.open().filter(inquiry=inquiry).first()
    if invitation is None:
        raise RuleViolation(
            _("Nobody is asked to come for this inquiry at the moment."), code="not_invited"
        )
    invitation.withdrawn_at = timezone.now()
    invitation.save(update_fields=["withdrawn_at"])
    invitation.inquiry = inquiry
    _tell(invitation, "inquiry_uninvited")
    return invitation


def _check_not_invited(inquiry: Inquiry) -> None:
    """Check that no invitation is open; the inquiry is locked, so none comes meanwhile."""
    if Invitation.objects.open().filter(inquiry=inquiry).exists():
        raise RuleViolation(
            _("They are asked to come already. Withdraw that first, then ask anew."),
            code="invited",
        )


def _check_can_come(
    inquiry: Inquiry, service: Service, region: Region, until: datetime.date
) -> None:
    """Check that the choices can be booked, by the holder or by the person themselves."""
    days = last_days()
    if until not in days:
        raise RuleViolation(
            _("Choose a day from %(first)s to %(last)s.")
            % {"first": full_day_in_words(days[0]), "last": full_day_in_words(days[-1])},
            code="until",
        )
    person = inquiry.beneficiary
    ways = {Way.ONESELF, *ways_to(inquiry.holder, [person])[person.pk]}
    check_is_open(service, person, ways)
    check_bookable_in(service, region, until=until)


def _tell(invitation: Invitation, template: str) -> None:
    """Tell those whose inquiry it is and the person who comes: both of them can book."""
    inquiry = invitation.inquiry
    audience = audience_of(inquiry)
    notices.notify(
        [*audience.owners, *audience.persons],
        template,
        {"inquiry": inquiry, "invitation": invitation},
        about=inquiry.reference,
    )
