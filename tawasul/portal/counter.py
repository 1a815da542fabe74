"""Which recoveries at a counter are whose work: the accounts know no offices, and the roof does."""

from django.db.models import Q
from django.utils import timezone

from core.accounts.models import RESTRICTED_FOR, Identity, Recovery, RecoveryQuerySet, User

RECOVER, PREPARE = "accounts.recover_account", "requests_app.prepare_inquiry"


def works_at_counter(staff: User, right: str = RECOVER) -> bool:
    """Return whether they receive people at an office, with the right to do this for them.

    A superuser has every right, and stands at no counter unless an office has them. Auditors change
    nothing.
    """
    return staff.has_perm(right) and not staff.is_auditor and staff.offices.exists()


def recoveries_for(staff: User) -> RecoveryQuerySet:
    """Return what `staff` and those have begun for whom they can be the second, of three days.

    That is whoever shares an office with them; for a manager, also of another office, everybody.
    """
    lately = Recovery.objects.filter(
        way=Recovery.Way.COUNTER, begun_at__gt=timezone.now() - RESTRICTED_FOR
    )
    if not works_at_counter(staff):
        return lately.none()
    if not staff.has_perm("appointments.manage_office"):
        colleagues = User.objects.filter(offices__in=staff.offices.all())
        lately = lately.filter(begun_by__in=colleagues)
    unrelated = Identity.objects.unrelated_to(staff.identity)
    return lately.filter(Q(user__identity__in=unrelated) | Q(person__in=unrelated))


def to_confirm(staff: User) -> RecoveryQuerySet:
    """Return those that wait for a second member of staff, who can be `staff`."""
    waiting = recoveries_for(staff).at_the_counter().filter(status=Recovery.Status.BEGUN)
    return waiting.exclude(begun_by=staff)


def begun_by(staff: User) -> RecoveryQuerySet:
    """Return those that `staff` have begun, and that are not at their end yet."""
    return recoveries_for(staff).at_the_counter().filter(begun_by=staff)
