"""Changing the password, the mobile and the mail address while signed in."""

from django.contrib import auth, messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from core.accounts import actions, devices, lockout
from core.accounts.access import SignedInRequest, resident_required
from core.accounts.code_steps import Email, Mobile
from core.accounts.forms import (
    ChangeEmailForm,
    ChangeMobileForm,
    ChangePasswordForm,
    OwnPasswordForm,
)
from core.accounts.security_events import note_wrong_password
from core.exceptions import RuleViolation
from core.forms import Form
from core.methods import takes_form


@takes_form
@resident_required
@sensitive_post_parameters("password", "new_password", "again")
def change_password(request: SignedInRequest) -> HttpResponse:
    form = ChangePasswordForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid() and is_own_password(request, form):
        actions.set_password(
            actor=request.user,
            password=form.cleaned_data["new_password"],
            session_key=request.session.session_key,
        )
        devices.keep_session(request, request.user)
        messages.success(
            request, _("Your new password is set. Other devices have been signed out.")
        )
        return redirect("accounts:safety")
    return render(request, "accounts/change_password.html", {"form": form})


@takes_form
@resident_required
@sensitive_post_parameters("password")
def change_mobile(request: SignedInRequest) -> HttpResponse:
    form = ChangeMobileForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and is_own_password(request, form):
        try:
            return Mobile(request).begin(mobile=str(form.cleaned_data["mobile"]))
        except RuleViolation as violation:
            violation.show_on(form)
    return render(request, "accounts/change_mobile.html", {"form": form})


@takes_form
@resident_required
@sensitive_post_parameters("password")
def change_email(request: SignedInRequest) -> HttpResponse:
    form = ChangeEmailForm(request.POST or None, initial={"email": request.user.email})
    if request.method == "POST" and form.is_valid() and is_own_password(request, form):
        try:
            return Email(request).begin(email=form.cleaned_data["email"])
        except RuleViolation as violation:
            violation.show_on(form)
    return render(request, "accounts/change_email.html", {"form": form})


@takes_form
@resident_required
@sensitive_post_parameters("password")
def remove_email(request: SignedInRequest) -> HttpResponse:
    if not request.user.email:
        return redirect("accounts:messages")
    form = OwnPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and is_own_password(request, form):
        try:
            actions.remove_email(actor=request.user, session_key=request.session.session_key)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            devices.keep_session(request, request.user)
            messages.success(
                request, _("We will no longer e-mail you. Other devices have been signed out.")
            )
            return redirect("accounts:messages")
    return render(request, "accounts/remove_email.html", {"form": form})


def is_own_password(request: SignedInRequest, form: Form) -> bool:
    """Return whether the form has the user's own password, and add an error if not.

    A wrong password counts towards the lockout.
    """
    login = request.user.username
    user = auth.authenticate(request, username=login, password=form.cleaned_data["password"])
    if user is not None:
        return True
    note_wrong_password(login, "own_password", lockout.limit_of(request))
    wrong = _("This is not your password. Type it again.")
    form.add_error("password", lockout.REFUSAL if lockout.is_locked_out(request) else wrong)
    return False
