"""Signing in: what people type."""

from django import forms
from django.utils.translation import gettext_lazy as _

from tawasul.text import TextField


class SignInForm(forms.Form):
    login = TextField(
        label=_("Username or ID number"),
        max_length=60,
        widget=forms.TextInput(
            {"autocomplete": "username", "autocapitalize": "none", "dir": "ltr"}
        ),
        error_messages={"required": _("Enter your username or your ID number.")},
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password", "dir": "ltr"}),
        error_messages={"required": _("Enter your password.")},
    )


class CodeForm(forms.Form):
    """Six digits from a text message or from an authenticator app."""

    code = TextField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr"}
        ),
        error_messages={"required": _("Enter the six digits of the code.")},
    )
