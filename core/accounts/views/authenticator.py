"""Adding an authenticator app to one's account, its recovery codes, and taking it off."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from core.accounts import actions, authenticators, pending_steps
from core.accounts.access import SignedInRequest, resident_required
from core.accounts.forms import ChangeAuthenticatorForm, CodeForm, OwnPasswordForm
from core.accounts.views.password_and_contacts import is_own_password
from core.exceptions import RuleViolation
from core.messaging.encryption import decrypt, encrypt
from core.methods import takes_form
from core.qr_codes import qr_code

ADDING, SHOWING_CODES = "authenticator", "recovery_codes"


@takes_form
@resident_required
@sensitive_post_parameters("password")
def authenticator(request: SignedInRequest) -> HttpResponse:
    """Show whether the account has an app; begin to add one after the password."""
    app = authenticators.app_of(request.user)
    context: dict[str, Any] = {"app": app}
    if app:
        context["codes_left"] = authenticators.codes_left(request.user)
    elif not request.user.is_staff:
        form = context["form"] = OwnPasswordForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and is_own_password(request, form):
            try:
                actions.check_may_change_authenticator(request.user)
            except RuleViolation as violation:
                form.add_error(None, violation.message)
            else:
                key = encrypt(authenticators.new_app(request.user).key)
                pending_steps.begin(request, ADDING, key=key)
                return redirect("accounts:confirm-authenticator")
    return render(request, "accounts/authenticator.html", context)


@takes_form
@resident_required
def confirm(request: SignedInRequest) -> HttpResponse:
    """Show the key for the app, and add the app with the first code that it shows."""
    step = pending_steps.get(request, ADDING)
    if step is None:
        # The second of two clicks may come after the first has ended the step.
        is_done = pending_steps.get(request, SHOWING_CODES)
        return redirect("accounts:recovery-codes" if is_done else "accounts:authenticator")
    key = decrypt(step["key"])
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = actions.add_authenticator(
                actor=request.user, key=key, guess=form.cleaned_data["code"]
            )
        except RuleViolation as violation:
            if violation.code == "known":
                return redirect("accounts:recovery-codes")
            form.add_error("code", violation.message)
        else:
            pending_steps.end(request, ADDING)
            messages.success(request, _("Your authenticator app is set up."))
            return _show_codes(request, codes)
    app = authenticators.new_app(request.user, key)
    context = {
        "form": form,
        "address": app.config_url,
        "qr": qr_code(app.config_url),
        "key": authenticators.key_of(app),
    }
    return render(request, "accounts/confirm_authenticator.html", context)


@takes_form
@resident_required
@sensitive_post_parameters("password")
def recovery_codes(request: SignedInRequest) -> HttpResponse:
    """Show new recovery codes until they are kept; else make new ones after password and code."""
    shown = pending_steps.get(request, SHOWING_CODES)
    if shown:
        if "kept" in request.POST:
            pending_steps.end(request, SHOWING_CODES)
            return redirect("accounts:authenticator")
        context = {
            "codes": [authenticators.in_groups(code) for code in decrypt(shown["codes"]).split()]
        }
        return render(request, "accounts/recovery_codes.html", context)
    if authenticators.app_of(request.user) is None:
        return redirect("accounts:authenticator")
    form = ChangeAuthenticatorForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and is_own_password(request, form):
        try:
            codes = actions.renew_recovery_codes(
                actor=request.user,
                session_key=request.session.session_key,
                guess=form.cleaned_data["code"],
            )
        except RuleViolation as violation:
            form.add_error("code", violation.message)
        else:
            return _show_codes(request, codes)
    return render(request, "accounts/renew_recovery_codes.html", {"form": form})


@takes_form
@resident_required
@sensitive_post_parameters("password")
def remove(request: SignedInRequest) -> HttpResponse:
    if authenticators.app_of(request.user) is None:
        return redirect("accounts:authenticator")
    form = ChangeAuthenticatorForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and is_own_password(request, form):
        try:
            actions.remove_authenticator(
                actor=request.user,
                session_key=request.session.session_key,
                guess=form.cleaned_data["code"],
            )
        except RuleViolation as violation:
            form.add_error("code", violation.message)
        else:
            messages.success(
                request,
                _("The authenticator app is off your account. We text you the codes again."),
            )
            return redirect("accounts:safety")
    return render(request, "accounts/remove_authenticator.html", {"form": form})


def _show_codes(request: SignedInRequest, codes: list[str]) -> HttpResponse:
    """Lead to the page of the codes, which a reload or the other language shows again.

    Until they are kept, or 15 minutes have passed, they wait in the session, encrypted.
    """
    pending_steps.begin(request, SHOWING_CODES, codes=encrypt(" ".join(codes)))
    return redirect("accounts:recovery-codes")
