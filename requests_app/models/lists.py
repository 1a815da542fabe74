"""The lists of inquiries: whose they are, what waits for whom, and what a search finds."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Case, F, Q, Subquery, When
from django.utils import timezone

from core.accounts.models import Identity, User
from core.accounts.people import MAX_LATEST
from core.accounts.rights import Acting, concerns_staff, is_lost
from core.accounts.teams import is_hidden_from, seen_by, seen_now_by
from core.catalogue.models import Service
from core.search import found_by
from requests_app.models.days import DAY, start_of
from requests_app.models.statuses import (
    AT_THE_DESK,
    DECIDED,
    IN_TIME,
    OPEN,
    PARTIES,
    Status,
)

if TYPE_CHECKING:
    from requests_app.models.inquiries import Inquiry

LATEST = 10_000  # inquiries


class InquiryQuerySet(models.QuerySet["Inquiry"]):
    # Of a search: what it was searched in, and what it has found among the latest, newest first.
    searched: Self | None = None
    latest_found: Self

    def listed_for(self, acting: Acting) -> Self:
        """Return the inquiries that a user finds in their lists while they act as a holder.

        Drafts are their author's alone, and filed inquiries belong to their holder. Each has
        `is_former`: whether the user may read no more than what was filed.
        """
        others_drafts = ~Q(applicant=acting.user) & Q(status=Status.DRAFT)
        readable = acting.readable(PARTIES) | Q(status=Status.DRAFT)
        listed = self.filter(acting.listed(PARTIES)).exclude(others_drafts)
        return listed.annotate(is_former=Case(When(readable, then=False), default=True))

    def readable(self) -> Self:
        """Return those of `listed_for` of which the user may read what has become of them."""
        return self.filter(is_former=False)

    def locked(self) -> Self:
        """Lock these rows, and none that they lead to, until the transaction ends."""
        return self.select_for_update(of=("self",), no_key=True)

    def drafts_of(self, user: User) -> Self:
        return self.filter(applicant=user, status=Status.DRAFT)

    def filed(self) -> Self:
        return self.exclude(status=Status.DRAFT)

    def visible_to_staff(self, user: User, *, now: bool = False) -> Self:
        """Return the filed inquiries that staff may see: their teams', except their own cases.

        Lists take teams as the process keeps them. With `now` the tables are asked: by whoever
        writes, and for one inquiry.
        """
        return self.not_of(user).filter(seen_now_by(user) if now else seen_by(user))

    def not_of(self, user: User) -> Self:
        """Return the filed inquiries that are no cases of a member of staff themselves."""
        own = Q(applicant=user) | concerns_staff(user, PARTIES)
        return self.filed().exclude(own)

    def hidden_from_assignee(self) -> Self:
        """Return the open inquiries whose officer is in other teams by now."""
        return self.filter(is_hidden_from("assignee"), status__in=OPEN)

    def waiting(self) -> Self:
        """Return the inquiries that the directorate has to work on."""
        return self.filter(status__in=AT_THE_DESK)

    def waiting_for_an_officer(self) -> Self:
        """Return those at the desk that nobody has, the most urgent first."""
        return self.waiting().filter(assignee=None).order_by("due_on", "pk")

    def reviews_for(self, supervisor: User) -> Self:
        """Return the open reviews of rejections that `supervisor` may decide."""
        reviews = self.filter(status__in=OPEN, rejected_by__isnull=False)
        return reviews.exclude(rejected_by=supervisor)

    def decidable_by(self, officer: User) -> Self:
        """Leave out the reviews that `is_decidable_by` keeps from this officer."""
        if officer.has_perm("requests_app.assign_inquiry"):
            return self.exclude(rejected_by=officer)
        return self.filter(rejected_by=None)

    def in_hand_of(self, officer: User) -> Self:
        """Return the open inquiries of `officer`, also those that wait for their applicant.

        A question after an answer is in their hand as well.
        """
        asked_back = Q(asked_back_at__isnull=False)
        return self.filter(asked_back | Q(status__in=OPEN), assignee=officer)

    def asked_back(self) -> Self:
        """Return the decided inquiries about whose answer a question is open."""
        return self.filter(asked_back_at__isnull=False)

    def overdue(self) -> Self:
        return self.waiting().filter(due_on__lt=timezone.localdate())

    def not_escalated(self) -> Self:
        """Return those of whose due date supervisors were not told that it has passed."""
        return self.exclude(escalated_for=F("due_on"))

    def same_drafts(self, draft: "Inquiry") -> Self:
        """Return the applicant's other drafts for the same service and beneficiary."""
        return (
            self.drafts_of(draft.applicant)
            .filter(service=draft.service, beneficiary=draft.beneficiary)
            .exclude(pk=draft.pk)
        )

    def open_about(self, acting: Acting, beneficiary: Identity, service: Service) -> Self:
        """Return the open inquiries about this that the user can add to as this holder."""
        about_this = self.open().filter(beneficiary=beneficiary, service=service)
        return about_this.filter(acting.owned(PARTIES))

    def latest_beneficiaries(self, user: User, holder: Identity) -> list[int]:
        """Return the keys of those for whom `user` last began inquiries through `holder`."""
        latest = self.filter(applicant=user, holder=holder).order_by("-pk")
        return list(latest.values_list("beneficiary", flat=True)[:MAX_LATEST])

    def waiting_for(self, acting: Acting) -> Self:
        """Return the returned inquiries that the user can answer as this holder."""
        return self.filter(acting.owned(PARTIES), status=Status.RETURNED_TO_APPLICANT)

    def to_be_reminded(self, now: datetime.datetime) -> Self:
        """Return the returned inquiries of whose answer somebody has to be reminded by now."""
        return self.filter(remind_at__lte=now)

    def to_be_ended(self, now: datetime.datetime) -> Self:
        """Return those that the portal has to end or close by now, as nobody has done anything."""
        return self.filter(ends_at__lte=now)

    def passed_on(self) -> Self:
        """Return the open inquiries whose holder has lost the link."""
        return self.filter(is_lost(PARTIES), status__in=OPEN)

    def latest_first(self) -> Self:
        """Order by an expression: in the order of the key, PostgreSQL may read everybody's rows."""
        return self.order_by((F("pk") + 0).desc())

    def held_again(self) -> Self:
        """Return the open inquiries that had passed on, and whose holder has the link back."""
        passed_on = self.filter(status__in=OPEN).exclude(passed_on_to=[])
        return passed_on.exclude(is_lost(PARTIES))

    def to_look_at_again(self) -> Self:
        """Return the decided inquiries that a supervisor has to look at again."""
        return self.exclude(look_again_since=None)

    def to_be_read_by(self, officer: User) -> Self:
        """Return those whose refusal waits for a second officer, who is not the first one."""
        waiting = {"decisions__state": "waiting", "decisions__leaves_at": None}
        unread = self.model._default_manager.filter(**waiting).exclude(assignee=officer)
        return self.filter(pk__in=unread.values("pk"))

    def held_back_from(self, officer: User) -> Self:
        """Return those of which a decision of `officer` did not leave, and who has not seen so."""
        unseen = {"decisions__state": "held_back", "decisions__seen_at": None}
        held_back = self.model._default_manager.filter(decisions__officer=officer, **unseen)
        return self.filter(pk__in=held_back.values("pk"))

    def open(self) -> Self:
        """Return those on which the directorate or the applicant has to act."""
        return self.filter(status__in=OPEN)

    def filed_on(self, first: datetime.date, last: datetime.date) -> Self:
        """Return those that were filed on these days, drafts never."""
        return self.filter(submitted_at__gte=start_of(first), submitted_at__lt=start_of(last + DAY))

    def answered_on(self, first: datetime.date, last: datetime.date) -> Self:
        """Return those that the directorate decided on these days, not those withdrawn then."""
        return self.filter(
            outcome__in=DECIDED,
            processed_at__gte=start_of(first),
            processed_at__lt=start_of(last + DAY),
        )

    def returned_on(self, first: datetime.date, last: datetime.date) -> Self:
        """Return those that were returned to their applicants on these days, each once."""
        returned = self.model._default_manager.filter(
            events__event_type="returned",
            events__at__gte=start_of(first),
            events__at__lt=start_of(last + DAY),
        )
        return self.filter(pk__in=returned.values("pk"))

    def in_time(self) -> Self:
        """Return those that were decided by the day on which they were due."""
        return self.filter(IN_TIME)

    def late(self) -> Self:
        """Return those that were decided after the day on which they were due."""
        return self.filter(outcome__in=DECIDED, processed_at__date__gt=F("due_on"))

    def finished(self) -> Self:
        return self.filter(status__in=(Status.PROCESSED, Status.CLOSED))

    def unassigned_or_assigned_to(self, officer: User) -> Self:
        return self.filter(Q(assignee=None) | Q(assignee=officer))

    def with_words(self, query: str) -> Self:
        """Return the inquiries that match `query` by number, name or word, in any spelling.

        Its `latest_found` reads the latest ones one by one: for a word that many have, that fills
        a page long before the index has given all of them.
        """
        found = self.filter(found_by("search_text", query))
        found.searched = self
        newest = self.model._default_manager.order_by("-pk").values("pk")[:1]
        latest = self.filter(pk__gt=Subquery(newest) - LATEST).order_by("-pk")
        found.latest_found = latest.filter(found_by("search_text", query, one_by_one=True))
        return found
