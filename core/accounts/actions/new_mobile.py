"""Giving an account the new mobile of a recovery, through the registry or at a counter."""

from django.utils import timezone

from core.accounts import purposes
from core.accounts.actions.devices import end_sessions
from core.accounts.models import RESTRICTED_FOR, OneTimeCode, Recovery, User
from core.accounts.warnings import warn_everywhere
from core.messaging.actions.outbox import readdress
from core.messaging.models import Message
from core.security_log import Event, note


def lock_account(pk: int) -> User:
    """Lock the account, and return it as it is now; no code of its own is good any more.

    Whatever recovers it, and whoever decides about that, queues here, in the transaction of the
    caller. What is raised afterwards leaves the codes as they were.
    """
    # Codes are locked before accounts, and in one order.
    unused = OneTimeCode.objects.filter(used_at=None, expires_at__gt=timezone.now())
    of_account = unused.filter(user=pk) | unused.filter(
        user=None, purpose=purposes.RESET, confirms=str(pk)
    )
    locked = of_account.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
    OneTimeCode.objects.filter(pk__in=list(locked)).update(expires_at=timezone.now())
    return User.objects.select_for_update(no_key=True).get(pk=pk)


def give_new_mobile(user: User, recovery: Recovery) -> None:
    """Give `user`, as `lock_account` has returned it, the new mobile of `recovery`; save both.

    For 72 hours the owner can object with the password that holds now, and what a thief might do
    is closed. All sessions end. The mobile that the account had and its confirmed address are
    told. Whether the account may be recovered is for the caller to check.
    """
    recovery.old_mobile = user.mobile
    recovery.password_before = _password_before(user)
    recovery.status = Recovery.Status.DONE
    recovery.done_at = timezone.now()
    recovery.restricted_until = recovery.done_at + RESTRICTED_FOR
    recovery.save()
    user.mobile = recovery.new_mobile
    user.save(update_fields=["mobile"])
    readdress(Message.Channel.SMS, owner=user.pk, to=user.mobile)
    end_sessions(user)
    note(Event.RECOVERY, account=user.pk, kind=recovery.way)
    # At a counter, the mobile can stay.
    if user.mobile != recovery.old_mobile:
        told = {"mobiles": [recovery.old_mobile], "last_digits": str(user.mobile)[-3:]}
        warn_everywhere(user, "account_recovered", **told)
        note(Event.MOBILE_CHANGED, account=user.pk)


def _password_before(user: User) -> str:
    """Return the hash of the password that the owner can object with.

    While an earlier recovery can still be objected to, it is the one that held before that: who
    has taken the account over may have set another since.
    """
    earlier = Recovery.objects.open_to_objection(user).first()
    return earlier.password_before if earlier else user.password
