"""The statuses and outcomes of inquiries, and what they mean for who has to act."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.accounts.rights import Parties


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    UNDER_PROCESSING = "under_processing", _("Under processing")
    RETURNED_TO_APPLICANT = "returned_to_applicant", _("Returned to applicant")
    RETURNED_BY_APPLICANT = "returned_by_applicant", _("Returned by applicant")
    PROCESSED = "processed", _("Processed")
    CLOSED = "closed", _("Closed")


class Outcome(models.TextChoices):
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    UNANSWERED = "unanswered", _("Ended without an answer")  # of the applicant, to a return


# At the desk, the directorate has to act; while an inquiry is open, the directorate or the
# applicant has to. All inquiries but drafts are filed.
AT_THE_DESK = (Status.UNDER_PROCESSING, Status.RETURNED_BY_APPLICANT)
OPEN = (*AT_THE_DESK, Status.RETURNED_TO_APPLICANT)
FILED = (*OPEN, Status.PROCESSED, Status.CLOSED)
DECIDED = (Outcome.APPROVED, Outcome.REJECTED)
IN_TIME = Q(outcome__in=DECIDED, processed_at__date__lte=F("due_on"))
PARTIES = Parties(author="applicant", person="beneficiary")
