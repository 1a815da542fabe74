"""The forms for signing in, registering and changing one's account."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import PhoneNumber

from core.accounts import visual_code
from core.accounts.models import User, canonical_login, username_shape
from core.accounts.passwords import MAX_LENGTH, normalize_password
from core.accounts.people import Offered
from core.date_field import EitherCalendarDateField
from core.forms import Form
from core.identity_numbers import (
    IdentityNumberField,
    has_wrong_check_digit,
    is_identity_number,
)
from core.mobiles import MobileField
from core.row_fields import RowField
from core.search import MAX_QUERY_LENGTH
from core.text import TextField, WholeTextField, refuse_unreadable

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


SAUDI_COUNTRY_CODE = 966


class LoginField(TextField):
    def __init__(self) -> None:
        super().__init__(
            label=_("Username or ID number"),
            max_length=60,
            widget=forms.TextInput(
                {"autocomplete": "username", "autocapitalize": "none", "dir": "ltr"}
            ),
            error_messages={"required": _("Enter your username or your ID number.")},
        )


class PasswordField(WholeTextField):
    """A password in NFC, not stripped; its length counts in NFC too."""

    def __init__(
        self,
        *,
        label: "StrOrPromise",
        required: "StrOrPromise",
        autocomplete: str = "current-password",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            label=label,
            max_length=MAX_LENGTH,
            strip=False,
            widget=forms.PasswordInput({"autocomplete": autocomplete, "dir": "ltr"}),
            error_messages={"required": required},
            **kwargs,
        )

    def to_python(self, value: Any) -> str:
        password = super().to_python(value) or ""
        refuse_unreadable(password)
        return normalize_password(password)


class CodeForm(Form):
    """The six digits of a one-time code, from a message or an authenticator app."""

    code = TextField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr"}
        ),
        error_messages={"required": _("Enter the six digits of the code.")},
    )


class VisualCodeForm(Form):
    """A form that ends with the picture field, unless a texted code takes its place."""

    def __init__(self, *args: Any, needs_picture: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if needs_picture:
            self.fields[visual_code.FIELD] = visual_code.VisualCodeField()


class SignInForm(VisualCodeForm):
    login = LoginField()
    password = PasswordField(label=_("Password"), required=_("Enter your password."))

    def __init__(self, *args: Any, needs_picture: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, needs_picture=needs_picture, **kwargs)


class DoubtedNumberForm(VisualCodeForm):
    """A form that asks once about an ID number whose check digit is wrong.

    Sent again with the same number, it goes on: no official source confirms the check digit, and
    only the pages that never say whether a number is known need to ask. Where the setting
    IDENTITY_CHECK_DIGIT is on, such a number is none and never comes as far as this.
    """

    number_field = "number"

    _DOUBTED = "doubted"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A plain field, as it is compared with a number alone and has no errors of its own.
        self.fields[self._DOUBTED] = forms.Field(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        super().clean()
        number = canonical_login(self.cleaned_data.get(self.number_field, ""))
        is_doubtful = is_identity_number(number) and has_wrong_check_digit(number)
        if is_doubtful and self.cleaned_data[self._DOUBTED] != number:
            data = cast(QueryDict, self.data).copy()
            data[self.add_prefix(self._DOUBTED)] = number
            self.data = data
            doubt = _(
                "This number may have a wrong digit. Check the last digits. "
                "If the number is right, send it again as it is."
            )
            self.add_error(self.number_field, forms.ValidationError(doubt, code="doubted"))
        return self.cleaned_data


class RegisterForm(DoubtedNumberForm):
    number = IdentityNumberField(
        label=_("ID number"),
        help_text=_("10 digits: national ID, iqama or border number."),
        error_messages={"required": _("Enter your ID number.")},
    )
    born = EitherCalendarDateField(label=_("Date of birth"))


class ResetForm(DoubtedNumberForm):
    number_field = "login"

    login = LoginField()
    born = EitherCalendarDateField(label=_("Date of birth"))


class ObjectionForm(VisualCodeForm):
    login = LoginField()
    password = PasswordField(
        label=_("Your password before the mobile changed"),
        required=_("Enter the password that you had before the mobile changed."),
        help_text=_("If somebody has set a new one since, enter yours and not that one."),
    )


class MobileForm(Form):
    mobile = MobileField(
        label=_("Mobile"), error_messages={"required": _("Enter a mobile number.")}
    )


class MobileInKingdomForm(MobileForm):
    """A mobile that a visitor types: texts to it are paid for, and nothing says whose it is."""

    def clean_mobile(self) -> PhoneNumber:
        mobile: PhoneNumber = self.cleaned_data["mobile"]
        if mobile.country_code != SAUDI_COUNTRY_CODE:
            raise forms.ValidationError(
                _("We text this code only to mobiles of the Kingdom, which begin with 05.")
            )
        return mobile


class NewPasswordForm(Form):
    """A new password, typed twice, and validated against the personal data of `user`."""

    new_password = PasswordField(
        label=_("New password"),
        required=_("Enter a new password."),
        autocomplete="new-password",
        help_text=_(
            "At least 8 characters. Three or four words that do not belong together are easy to "
            "remember and hard to guess."
        ),
    )
    again = PasswordField(
        label=_("New password again"),
        required=_("Enter the new password again."),
        autocomplete="new-password",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_new_password(self) -> str:
        password = self.cleaned_data["new_password"]
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        password, again = map(self.cleaned_data.get, ("new_password", "again"))
        if password and again and password != again:
            self.add_error("again", _("The two passwords are not the same. Type both again."))
        return self.cleaned_data


class LanguageForm(forms.Form):
    language = forms.ChoiceField(
        label=_("Language of our texts to you"),
        choices=settings.LANGUAGES,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a language."),
            "invalid_choice": _("We do not write in this language. Choose Arabic or English."),
        },
    )


class ChooseForm(LanguageForm, NewPasswordForm):
    """The last step of registering."""

    username = TextField(
        label=_("Username"),
        max_length=60,
        help_text=_(
            "3 to 30 letters a-z, digits, dots, dashes and underscores, beginning with a letter."
        ),
        widget=forms.TextInput(
            {"autocomplete": "username", "autocapitalize": "none", "dir": "ltr"}
        ),
        error_messages={"required": _("Choose a username.")},
    )
    field_order = ["username", "new_password", "again", "language"]

    def clean_username(self) -> str:
        username = User.objects.normalize_username(self.cleaned_data["username"])
        username_shape(username)
        self.user.username = username
        return username


class ChangePasswordForm(NewPasswordForm):
    password = PasswordField(
        label=_("Current password"), required=_("Enter your current password.")
    )
    field_order = ["password", "new_password", "again"]


class OwnPasswordForm(Form):
    """A form that asks somebody who is signed in for their password again."""

    password = PasswordField(
        label=_("Password"),
        required=_("Enter your password."),
        help_text=_("So that nobody else can do this on a device that you left signed in."),
    )


class ChangeMobileForm(OwnPasswordForm, MobileForm):
    field_order = ["mobile", "password"]


class ChangeAuthenticatorForm(CodeForm, OwnPasswordForm):
    """The password, and a code of the authenticator app or a recovery code."""

    field_order = ["password", "code"]


class _AddressField(TextField, forms.EmailField):
    pass


class EmailForm(Form):
    email = _AddressField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "dir": "ltr"}),
        error_messages={
            "required": _("Enter an e-mail address."),
            "invalid": _("This is not an e-mail address. Write it like name@example.com."),
        },
    )


class ChangeEmailForm(OwnPasswordForm, EmailForm):
    field_order = ["email", "password"]


class FindPersonForm(Form):
    """A search among many people."""

    words = TextField(
        label=_("Name or ID number"),
        help_text=_("A part of it is enough, for example the last four digits."),
        max_length=MAX_QUERY_LENGTH,
        widget=forms.TextInput({"autocomplete": "off", "dir": "auto", "type": "search"}),
        error_messages={
            "required": _("Type a name, an ID number or a part of one."),
            "max_length": _("This text has %(show_value)d characters. Shorten it to 200."),
        },
    )


class ActingAsForm(Form):
    """The choice of the holder to act for; an empty choice is the user's own identity."""

    holder = RowField(
        label=_("Who are you acting for?"),
        required=False,
        widget=forms.RadioSelect,
        empty_label=_("As myself"),
        error_messages={
            "invalid_choice": _("You cannot act for this establishment now. Choose again.")
        },
    )

    def __init__(self, *args: Any, offered: Offered, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["holder"].rows = offered.people  # type: ignore[attr-defined]  # a RowField
