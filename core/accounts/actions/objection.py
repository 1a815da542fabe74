"""The objection of an account's owner to a recovery that was not theirs."""

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from core.accounts.actions.devices import end_sessions
from core.accounts.actions.new_mobile import lock_account
from core.accounts.models import Recovery, User, canonical_login
from core.accounts.passwords import normalize_password
from core.accounts.warnings import warn_everywhere
from core.security_log import Event, note

# No password matches it, and comparing with it takes as long as with another.
_NO_PASSWORD = "!"  # noqa: S105


@sensitive_variables("password")
def object_to_recovery(*, login: str, password: str) -> None:
    """Shut the account to both sides until a counter decides.

    `password` is the one that held before the recovery: whoever has the lost SIM, or sets a new
    one, does not know it. Nothing tells whether it was right, nor whether there was anything to
    object to.
    """
    user = User.objects.by_login(login).first()
    recovery = Recovery.objects.open_to_objection(user).first()
    before = recovery.password_before if recovery else _NO_PASSWORD
    is_right = check_password(normalize_password(password), before)
    if user is None or recovery is None or not is_right:
        outcome = "wrong_password" if recovery else "nothing_to_object_to"
        account, typed = (user.pk, "") if user else (None, canonical_login(login))
        note(Event.OBJECTION, outcome, account=account, typed=typed)
        return
    with transaction.atomic():
        user = lock_account(user.pk)
        done = Recovery.objects.filter(pk=recovery.pk, status=Recovery.Status.DONE)
        if not done.update(status=Recovery.Status.DISPUTED, disputed_at=timezone.now()):
            return
        end_sessions(user)
        mobiles = [recovery.old_mobile, user.mobile]
        warn_everywhere(user, "account_disputed", mobiles=mobiles)
        note(Event.OBJECTION, account=user.pk)
