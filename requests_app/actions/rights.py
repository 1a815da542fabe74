"""The one question for every deed on an inquiry: whether this user may do it now."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from django.db.models import Q
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.accounts.recovered import restriction_on
from core.accounts.rights import (
    OWNERS,
    Relation,
    noted,
    person_id_of,
    refusal,
    relation_of,
    successors_of,
)
from core.exceptions import RuleViolation
from requests_app.models import AttachmentQuerySet, Inquiry, Reply, ReplyQuerySet


class Deed(StrEnum):
    """What can be done with an inquiry; several actions can be one deed."""

    EDIT = "edit"  # a draft, until it is sent
    READ_TEXT = "read_text"  # what was filed, without what has become of it
    READ = "read"
    OPEN_DOCUMENT = "open_document"
    ANSWER = "answer"
    WITHDRAW = "withdraw"
    RESUME = "resume"  # what is withdrawn
    ASK_FOR_REVIEW = "ask_for_review"  # of a rejection
    WORK = "work"  # as an officer
    DECIDE = "decide"  # as its officer: who has it answers it
    ASSIGN = "assign"  # as a supervisor


PREPARE = "requests_app.prepare_inquiry"
# What a clerk does to a draft that they prepare, on the pages of the staff site alone: those of the
# portal are opened by who may read what is filed.
_OF_WHO_PREPARES = (Deed.EDIT, Deed.OPEN_DOCUMENT)
# What undoes a filing: for a while after its recovery, an account undoes nothing that is older.
_UNDOES = (Deed.WITHDRAW,)
_OF_STAFF = (Deed.WORK, Deed.DECIDE, Deed.ASSIGN)
# Who may do what with a filed inquiry. A draft is its author's alone, and its status says what can
# be done with it.
_MAY: dict[Deed, frozenset[Relation]] = {
    Deed.READ_TEXT: frozenset(Relation),
    Deed.READ: OWNERS | {Relation.PERSON},
    Deed.OPEN_DOCUMENT: OWNERS,
    Deed.ANSWER: OWNERS,
    Deed.WITHDRAW: OWNERS,
    Deed.RESUME: OWNERS,
    Deed.ASK_FOR_REVIEW: OWNERS,
}


@dataclass(frozen=True)
class Rights:
    """What somebody who is no member of staff may do with an inquiry now."""

    user: User
    inquiry: Inquiry
    relation: Relation | None

    def may(self, deed: Deed) -> bool:
        return self._is_theirs(deed) and self.why_closed(deed) is None

    def check_may(self, deed: Deed) -> None:
        """Raise RuleViolation `not_yours`, `taken_over` or `recovered`, unless they may."""
        refused = self.why_closed(deed)
        if not self._is_theirs(deed):
            refused = self._refusal
        if refused:
            raise noted(refused, self.user, deed, self.inquiry.reference)

    def why_closed(self, deed: Deed) -> RuleViolation | None:
        """Return what keeps them from a deed of theirs because of a recovery, if anything."""
        if deed not in _UNDOES or self.inquiry.is_draft or not self._is_theirs(deed):
            return None
        return self._restriction

    @cached_property
    def _restriction(self) -> RuleViolation | None:
        return restriction_on(self.user, since=self.inquiry.submitted_at)

    def _is_theirs(self, deed: Deed) -> bool:
        if self.inquiry.is_draft:
            is_author = self.inquiry.applicant_id == self.user.pk
            return is_author or (deed in _OF_WHO_PREPARES and self._is_preparing)
        return self.relation in _MAY.get(deed, ())

    @property
    def _is_preparing(self) -> bool:
        is_in_hand = self.inquiry.is_in_preparation_by(self.user)
        return is_in_hand and self.user.has_perm(PREPARE)

    @property
    def _refusal(self) -> RuleViolation:
        if self.inquiry.prepared_by_id == self.user.pk:
            return preparation_is_over()
        return refusal(self.user, self.inquiry, self.relation)

    @property
    def successor_id(self) -> int | None:
        """The key of their identity if the inquiry has passed to them; None on the holder's side.

        It is kept with what they add: no side sees another's documents and answers.
        """
        return self.user.identity_id if self.relation == Relation.SUCCESSOR else None

    @property
    def sees_documents(self) -> bool:
        return self.may(Deed.OPEN_DOCUMENT)

    @property
    def sees_mobile(self) -> bool:
        """Whether they read the mobile, which is of the holder's side, or their own."""
        is_author = self.inquiry.applicant_id == self.user.pk
        return self.relation == Relation.HOLDER or is_author

    def documents(self) -> AttachmentQuerySet:
        """Return the documents that they may open: those of their own side."""
        if not self.sees_documents:
            return self.inquiry.attachments.none()
        if self.relation in (None, Relation.HOLDER):  # None: of a draft
            return self.inquiry.attachments.filter(successor=None)
        return self.inquiry.attachments.filter(successor__in=self._successors())

    def replies(self) -> ReplyQuerySet:
        """Return the replies that they may read: what they wrote themselves, and with the right to
        read the inquiry the officers', and those of their own side.
        """
        public, own = self.inquiry.replies.public(), Q(author=self.user)
        if self.relation == Relation.HOLDER:
            return public.filter(own | Q(successor=None))
        if self.may(Deed.READ):
            of_officers = Q(kind=Reply.Kind.ANSWER)
            return public.filter(own | of_officers | Q(successor__in=self._successors()))
        return public.filter(own)

    def _successors(self) -> list[int]:
        """Return those to whom it passes today, who are one side: a minor and their guardians."""
        return [person_id_of(self.inquiry), *successors_of(self.inquiry)]


def preparation_is_over() -> RuleViolation:
    return RuleViolation(
        _(
            "This inquiry is not open to you any more: the hour is over, or the person has gone on "
            "with it on their own phone. Begin again from their page if they ask for it."
        ),
        code="taken_over",
    )


def rights_of(user: User, inquiry: Inquiry) -> Rights:
    """Return the rights of `user` on the inquiry, as the tables are now."""
    return Rights(user, inquiry, None if inquiry.is_draft else relation_of(user, inquiry))


def may(user: User, deed: Deed, inquiry: Inquiry) -> bool:
    """Return whether `user` may do this to the inquiry now, as the tables are."""
    if deed in _OF_STAFF:
        return _refusal_of_staff(user, deed, inquiry) is None
    return rights_of(user, inquiry).may(deed)


def check_may(user: User, deed: Deed, inquiry: Inquiry) -> Rights:
    """Check that `user` may do this to the inquiry now, and return all their rights on it.

    RuleViolation `not_yours`, `taken_over` or `recovered`; `not_officer`, `own_case`,
    `other_team`, `not_supervisor` or `review` for a deed of staff.
    """
    rights = rights_of(user, inquiry)
    if deed not in _OF_STAFF:
        rights.check_may(deed)
    elif refused := _refusal_of_staff(user, deed, inquiry):
        raise noted(refused, user, deed, inquiry.reference)
    return rights


def _refusal_of_staff(user: User, deed: Deed, inquiry: Inquiry) -> RuleViolation | None:
    if not user.has_perm("requests_app.triage_inquiry"):
        return RuleViolation(_("Your account may not work on inquiries."), code="not_officer")
    this = Inquiry.objects.filter(pk=inquiry.pk)
    if not this.visible_to_staff(user, now=True).exists():
        if this.not_of(user).exists():
            return RuleViolation(_("Another team works on this inquiry."), code="other_team")
        return RuleViolation(
            _("You cannot work on an inquiry of your own, or of somebody you are linked to."),
            code="own_case",
        )
    if deed == Deed.ASSIGN and not user.has_perm("requests_app.assign_inquiry"):
        return RuleViolation(_("Only supervisors give inquiries to others."), code="not_supervisor")
    if deed == Deed.DECIDE and not inquiry.is_decidable_by(user):
        return RuleViolation(
            _("This is a review. Only a supervisor who did not reject the inquiry decides it."),
            code="review",
        )
    return None
