"""The models of people and their links, of their accounts, and of what keeps these safe."""

from core.accounts.models.guesses import GuessCount
from core.accounts.models.identities import (
    Identity,
    IdentityNumber,
    IdentityQuerySet,
    Link,
    LinkQuerySet,
    current_number_of,
)
from core.accounts.models.one_time_codes import LockStripe, OneTimeCode, OneTimeCodeQuerySet
from core.accounts.models.openings import OPENING_LASTS, PersonOpening
from core.accounts.models.recoveries import (
    COUNTER_HAS,
    RESTRICTED_FOR,
    Recovery,
    RecoveryQuerySet,
)
from core.accounts.models.sessions import Session
from core.accounts.models.staff import (
    AccessReview,
    Enrolment,
    StaffEvent,
    TeamMember,
    staff_accounts,
)
from core.accounts.models.users import (
    AUDIT,
    KEEP_STAFF,
    User,
    UserManager,
    canonical_login,
    username_shape,
)

__all__ = [
    "AUDIT",
    "COUNTER_HAS",
    "KEEP_STAFF",
    "OPENING_LASTS",
    "RESTRICTED_FOR",
    "AccessReview",
    "Enrolment",
    "GuessCount",
    "Identity",
    "IdentityNumber",
    "IdentityQuerySet",
    "Link",
    "LinkQuerySet",
    "LockStripe",
    "OneTimeCode",
    "OneTimeCodeQuerySet",
    "PersonOpening",
    "Recovery",
    "RecoveryQuerySet",
    "Session",
    "StaffEvent",
    "TeamMember",
    "User",
    "UserManager",
    "canonical_login",
    "current_number_of",
    "staff_accounts",
    "username_shape",
]
