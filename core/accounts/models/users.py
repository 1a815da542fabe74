"""The model of user accounts."""

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from core.accounts.models.identities import Identity
from core.accounts.passwords import normalize_password
from core.catalogue.models import Team
from core.identity_numbers import is_identity_number
from core.text import bare_digits, single_line


def canonical_login(login: str) -> str:
    """Return the form of a typed username or identity number that lookups use."""
    number = bare_digits(login)
    return number if is_identity_number(number) else UserManager.normalize_username(login)


class UserQuerySet(models.QuerySet["User"]):
    def by_login(self, login: str) -> Self:
        """Return the users with this username or identity number, current or former, as typed."""
        login = canonical_login(login)
        if is_identity_number(login):
            return self.filter(identity__numbers__number=login)
        return self.filter(username=login)


_WithUserQuerySet = models.Manager.from_queryset(UserQuerySet)


class UserManager(_WithUserQuerySet["User"], BaseUserManager["User"]):
    @classmethod
    def normalize_username(cls, username: str) -> str:
        return single_line(username).lower()

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=self.normalize_username(username), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, login: str) -> "User":  # type: ignore[override]  # Django never passes None
        return self.by_login(login).get()


username_shape = RegexValidator(
    r"^[a-z][a-z0-9._-]{2,29}\Z",
    _("Use 3 to 30 small letters a-z, digits, dots, dashes and underscores; begin with a letter."),
)


# The right to read what others can change: of every office, and nothing of one's own.
AUDIT = "accounts.audit"
# The right to keep the accounts of staff, other than one's own.
KEEP_STAFF = "accounts.keep_staff"


class User(AbstractBaseUser, PermissionsMixin):
    """An account of a person; staff may have no identity in the registry."""

    username = models.CharField(
        _("username"),
        max_length=30,
        unique=True,
        validators=[username_shape],
        error_messages={"unique": _("This username is taken. Choose another.")},
    )
    identity = models.OneToOneField(
        Identity, verbose_name=_("identity"), on_delete=models.PROTECT, null=True, blank=True
    )
    mobile = PhoneNumberField(_("mobile"), blank=True, db_index=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    language = models.CharField(
        _("language"), max_length=2, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    teams: "models.ManyToManyField[Team, models.Model]" = models.ManyToManyField(
        Team, verbose_name=_("teams"), through="TeamMember", related_name="members", blank=True
    )
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    wrong_codes = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="in a row at sign-in, after the right password"
    )
    sessions_ended = models.PositiveIntegerField(
        default=0, editable=False, help_text="how often all sessions were ended at once"
    )
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        permissions = [
            ("audit", "Can read the records of all offices, and change nothing"),
            ("keep_staff", "Can keep the accounts of staff, other than their own"),
        ]
        indexes = [
            # The few who work here are found without reading the million who do not.
            models.Index(fields=["username"], condition=Q(is_staff=True), name="user_staff"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(username__regex=r"^[a-z][a-z0-9._-]{2,29}$"), name="username_shape"
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def is_auditor(self) -> bool:
        """Whether the user only reads, whatever other rights they have; superusers do not."""
        return not self.is_superuser and self.has_perm(AUDIT)

    @property
    def subject(self) -> str:
        """What the warnings and codes to this account are about, in the outbox."""
        return f"account {self.pk}"

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password and normalize_password(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(raw_password and normalize_password(raw_password))

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what each session of the account carries, and is good for as long as it holds.

        A session that is begun while all of them are being ended carries what held before.
        """
        key_salt = "core.accounts.models.User.get_session_auth_hash"
        held = f"{self.password} {self.sessions_ended}"
        return salted_hmac(key_salt, held, secret=secret, algorithm="sha256").hexdigest()

    def get_short_name(self) -> str:
        return self.identity.name if self.identity else self.username
