"""The models of identities and their links, accounts, codes, sessions and opened pages."""

from core.accounts.models.identities import (
    Identity,
    IdentityNumber,
    IdentityQuerySet,
    Link,
    LinkQuerySet,
)
from core.accounts.models.one_time_codes import LockStripe, OneTimeCode, OneTimeCodeQuerySet
from core.accounts.models.openings import OPENING_LASTS, PersonOpening
from core.accounts.models.sessions import Session
from core.accounts.models.users import (
    AUDIT,
    User,
    UserManager,
    canonical_login,
    username_shape,
)

__all__ = [
    "AUDIT",
    "OPENING_LASTS",
    "Identity",
    "IdentityNumber",
    "IdentityQuerySet",
    "Link",
    "LinkQuerySet",
    "LockStripe",
    "OneTimeCode",
    "OneTimeCodeQuerySet",
    "PersonOpening",
    "Session",
    "User",
    "UserManager",
    "canonical_login",
    "username_shape",
]
