"""Who somebody is, for whom they may act, and the codes with which they prove it."""

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from core.hijri import latest_birth_of_an_adult
from core.messaging.models import Message
from core.numbers import IdentityKind, bare_digits, identity_kind, is_identity_number
from core.text import single_line


class IdentityQuerySet(models.QuerySet):
    def who_can_be_asked_for_by(self, holder):
        """The holder, if a person, and the persons linked to them today."""
        linked = Link.objects.in_force().for_persons().filter(holder=holder).values("person")
        own = Q(pk=holder.pk, birth_date__isnull=False)
        return self.filter(own | Q(pk__in=linked)).order_by("pk")

    def that_can_be_acted_for_by(self, person):
        """The establishments that `person` represents today."""
        mandates = Link.objects.in_force().filter(
            person=person, kind=Link.Kind.REPRESENTATIVE, holder__status=Identity.Status.ACTIVE
        )
        return self.filter(pk__in=mandates.values("holder")).order_by("pk")


class Identity(models.Model):
    """A person or an establishment as the registry knows them."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        DEPARTED = "departed", _("departed")
        DECEASED = "deceased", _("deceased")

    name_ar = models.CharField(_("name in Arabic"), max_length=150)
    name_en = models.CharField(_("name in Latin letters"), max_length=150)
    birth_date = models.DateField(
        _("date of birth"), null=True, blank=True, help_text=_("none for an establishment")
    )
    nationality = models.CharField(_("nationality"), max_length=2, help_text=_("ISO 3166 code"))
    mobile = PhoneNumberField(_("mobile in the registry"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")

    def __str__(self):
        return self.name

    @property
    def name(self):
        return self.name_ar if get_language() == "ar" else self.name_en

    @cached_property
    def current_number(self):
        """The number in force, if any; reads prefetched numbers where there are any."""
        return next((number.number for number in self.numbers.all() if number.is_current), None)

    @property
    def kind(self):
        """Told by the number in force; None without one, and no service is for nobody's kind."""
        return identity_kind(self.current_number) if self.current_number else None

    @property
    def is_active(self):
        return self.status == self.Status.ACTIVE

    @property
    def is_establishment(self):
        return self.kind == IdentityKind.ESTABLISHMENT

    @property
    def is_minor(self):
        return self.birth_date is not None and self.birth_date > latest_birth_of_an_adult()


class IdentityNumber(models.Model):
    """A national ID, iqama, border or unified number, in force or former."""

    number = models.CharField(_("number"), max_length=10, unique=True)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="numbers")
    is_current = models.BooleanField(_("in force"), default=True)

    class Meta:
        verbose_name = _("identity number")
        verbose_name_plural = _("identity numbers")
        constraints = [
            models.UniqueConstraint(
                fields=["identity"],
                condition=Q(is_current=True),
                name="one_current_number_per_identity",
            ),
            models.CheckConstraint(
                condition=Q(number__regex=r"^[1-47][0-9]{9}$"), name="identity_number_shape"
            ),
        ]

    def __str__(self):
        return self.number


class LinkQuerySet(models.QuerySet):
    def in_force(self, day=None):
        """Links that hold on `day`, today in the Kingdom unless told; both ends count."""
        day = day or timezone.localdate()
        return self.filter(since__lte=day).filter(Q(until=None) | Q(until__gte=day))

    def not_outgrown(self):
        """Without guardians of who has come of age."""
        return self.exclude(
            kind=Link.Kind.GUARDIAN, person__birth_date__lte=latest_birth_of_an_adult()
        )

    def for_persons(self):
        """Links through which a holder may ask for somebody."""
        return self.not_outgrown().exclude(kind=Link.Kind.REPRESENTATIVE)


class Link(models.Model):
    """Why `person` is linked to `holder`, since when and until which day."""

    class Kind(models.TextChoices):
        EMPLOYER = "employer", _("employer")
        HOST = "host", _("host")
        GUARDIAN = "guardian", _("guardian")
        REPRESENTATIVE = "representative", _("representative")

    # What the person is, where the kind says what the holder is.
    PERSONS = {
        Kind.EMPLOYER: _("works for you"),
        Kind.HOST: _("visits you"),
        Kind.GUARDIAN: _("in your care"),
        Kind.REPRESENTATIVE: _("represents you"),
    }
    HOLDERS = {
        Kind.EMPLOYER: _("your employer"),
        Kind.HOST: _("your host"),
        Kind.GUARDIAN: _("your guardian"),
        Kind.REPRESENTATIVE: _("you represent it"),
    }

    holder = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="links")
    person = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="linked_to")
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.UniqueConstraint(fields=["holder", "person", "kind", "since"], name="link_once"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="link_ends_after_it_began"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def why_linked(self):
        """What the person is to the holder."""
        return self.PERSONS[self.kind]

    @property
    def why_holder(self):
        """What the holder is to the person."""
        return self.HOLDERS[self.kind]


def canonical_login(login):
    """A username or an ID number as people type it, in the one form in which it is looked for."""
    number = bare_digits(login)
    return number if is_identity_number(number) else UserManager.normalize_username(login)


class UserQuerySet(models.QuerySet):
    def by_login(self, login):
        """By username or by any number of the person, former or current, as people type them."""
        login = canonical_login(login)
        if is_identity_number(login):
            return self.filter(identity__numbers__number=login)
        return self.filter(username=login)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    @classmethod
    def normalize_username(cls, username):
        return single_line(username).lower()

    def create_user(self, username, password=None, **fields):
        user = self.model(username=self.normalize_username(username), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, username, password=None, **fields):
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, login):
        return self.by_login(login).get()


username_shape = RegexValidator(
    r"^[a-z][a-z0-9._-]{2,29}\Z",
    _("Use 3 to 30 small letters a-z, digits, dots, dashes and underscores; begin with a letter."),
)


class User(AbstractBaseUser, PermissionsMixin):
    """A human who signs in; staff may have no identity in the registry."""

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
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                condition=Q(username__regex=r"^[a-z][a-z0-9._-]{2,29}$"), name="username_shape"
            ),
        ]

    def __str__(self):
        return self.username

    def get_short_name(self):
        return self.identity.name if self.identity else self.username


class OneTimeCodeQuerySet(models.QuerySet):
    def latest_for(self, *, user, purpose, session):
        return self.filter(user=user, purpose=purpose, session=session).order_by("-created_at")

    def unused_since(self, moment):
        return self.filter(used_at=None, created_at__gt=moment).order_by("-created_at")


class OneTimeCode(models.Model):
    """Six digits sent to a mobile, good once, in one session, for one purpose and one content."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in"
        FILE = "file"
        REGISTER = "register"
        RESET = "reset"
        MOBILE = "mobile"
        EMAIL = "email"
        PICTURE = "picture"
        CONTACT = "contact"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=10, choices=Purpose)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    recipient = models.CharField(
        max_length=254, blank=True, help_text="a mobile or a mail address; none for a decoy"
    )
    asked_for = models.CharField(
        max_length=64, help_text="keyed hash of what was typed, by which sends are limited"
    )
    asked_from = models.CharField(
        max_length=64, blank=True, help_text="keyed hash of the network, where nobody is signed in"
    )
    session = models.CharField(max_length=64, help_text="keyed hash of the session's key")
    confirms = models.CharField(max_length=64, blank=True, help_text="digest of the content")
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    objects = OneTimeCodeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["asked_for", "purpose", "-created_at"], name="code_by_request"),
            models.Index(fields=["recipient", "purpose", "-created_at"], name="code_by_recipient"),
            models.Index(fields=["asked_from", "-created_at"], name="code_by_network"),
            models.Index(fields=["session", "purpose", "-created_at"], name="code_by_session"),
        ]

    def __str__(self):
        return f"{self.purpose} {self.pk}"

    @property
    def message(self):
        """The message that carries it, so that its page can say how it is."""
        return Message.objects.get(key=self.pk)


class Turnstile(models.Model):
    """Rows to queue at: whoever asks for codes for one recipient passes the same one in turn."""

    COUNT = 1024

    number = models.PositiveSmallIntegerField(primary_key=True)

    def __str__(self):
        return str(self.number)


class SessionQuerySet(models.QuerySet):
    def signed_in(self, user):
        """The devices on which `user` is signed in, the one used last first."""
        return self.filter(user=user, expire_date__gt=timezone.now()).order_by("-expire_date")


class Session(AbstractBaseSession):
    """A browser's session; with a user, a device that is signed in."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    browser = models.CharField(max_length=80, blank=True)
    signed_in_at = models.DateTimeField(null=True)

    objects = SessionQuerySet.as_manager()

    @property
    def device(self):
        """What the session is called in an address; its key would open it."""
        return salted_hmac("accounts.device", self.session_key, algorithm="sha256").hexdigest()[:32]

    def fill(self, data):
        """Take what this table tells of a session from its data."""
        self.user_id = data.get("_auth_user_id")
        self.browser = data.get("browser", "")
        at = data.get("signed_in_at")
        self.signed_in_at = at and datetime.fromisoformat(at)
        return self
