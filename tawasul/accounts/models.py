"""Who somebody is, for whom they may act, and the codes with which they prove it."""

import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from tawasul.messaging.models import Message
from tawasul.numbers import identity_kind, is_identity_number


class IdentityQuerySet(models.QuerySet):
    def who_can_be_asked_for_by(self, holder):
        """The holder, and the persons linked to them today."""
        linked = Link.objects.in_force().for_persons().filter(holder=holder).values("person")
        return self.filter(Q(pk=holder.pk) | Q(pk__in=linked)).order_by("pk")


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

    def for_persons(self):
        """Links through which a holder may ask for somebody."""
        return self.exclude(kind=Link.Kind.REPRESENTATIVE)


class Link(models.Model):
    """Why `person` is linked to `holder`, since when and until which day."""

    class Kind(models.TextChoices):
        EMPLOYER = "employer", _("employer")
        HOST = "host", _("host")
        GUARDIAN = "guardian", _("guardian")
        REPRESENTATIVE = "representative", _("representative")

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


class UserManager(BaseUserManager):
    @classmethod
    def normalize_username(cls, username):
        return username.strip().lower()

    def create_user(self, username, password=None, **fields):
        user = self.model(username=self.normalize_username(username), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, username, password=None, **fields):
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, login):
        """By username or by any identity number of the person, former or current."""
        if is_identity_number(login):
            return self.get(identity__numbers__number=login)
        return self.get(username=self.normalize_username(login))


class User(AbstractBaseUser, PermissionsMixin):
    """A human who signs in; staff may have no identity in the registry."""

    username = models.CharField(
        _("username"),
        max_length=30,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9._-]{2,29}\Z",
                _(
                    "Use 3 to 30 small letters a-z, digits, dots, dashes and "
                    "underscores; begin with a letter."
                ),
            )
        ],
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


class OneTimeCode(models.Model):
    """Six digits sent to a mobile, good once, in one session, for one purpose and one content."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in"
        FILE = "file"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=10, choices=Purpose)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    mobile = models.CharField(max_length=16)
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
            models.Index(fields=["mobile", "purpose", "-created_at"], name="code_by_mobile"),
        ]

    def __str__(self):
        return f"{self.purpose} {self.pk}"

    @property
    def message(self):
        """The message that carries it, so that its page can say how it is."""
        return Message.objects.get(key=self.pk)
