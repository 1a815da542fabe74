"""The registry check before a user is signed in."""

from django.utils.translation import gettext as _

from core.accounts import registry
from core.accounts.models import Identity, User
from core.exceptions import RuleViolation
from core.security_log import Event, note


def check_may_enter(user: User) -> None:
    """Check with the registry that `user` may sign in.

    An account without an identity is not checked. RuleViolation: `registry_away`, or `deceased`.
    """
    if user.identity is None:
        return
    identity = registry.refresh(user.identity)
    if identity.status == Identity.Status.DECEASED:
        note(Event.SIGN_IN, "deceased", account=user.pk, kind="resident")
        raise RuleViolation(
            _("This account is closed. Relatives can ask about it at a passports office."),
            code="deceased",
        )
