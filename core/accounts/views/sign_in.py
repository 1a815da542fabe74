"""Signing in and out."""

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from core.accounts import lockout
from core.accounts.code_steps import SignIn
from core.accounts.forms import (
    SignInForm,
)
from core.accounts.security_events import note_wrong_password
from core.http import safe_target
from core.methods import takes_form
from core.security_log import Event, note


@takes_form
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    target = safe_target(request, resolve_url(settings.LOGIN_REDIRECT_URL))
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        login = form.cleaned_data["login"]
        user = auth.authenticate(request, username=login, password=form.cleaned_data["password"])
        if user is None:
            note_wrong_password(login, "resident", is_locked_out=lockout.is_locked_out(request))
        if lockout.is_locked_out(request):
            form.add_error(None, lockout.REFUSAL)
        elif user is None:
            form.add_error(
                None,
                _("This username or ID number and this password do not match. Check both."),
            )
        elif not user.mobile:
            note(Event.SIGN_IN, "no_mobile", account=user.pk, kind="resident")
            form.add_error(
                None,
                _(
                    "This account has no mobile number. Please go to a passports "
                    "office. Staff sign in on the staff site."
                ),
            )
        else:
            password = user.get_session_auth_hash()
            return SignIn(request).begin(user=user.pk, password=password, next=target)
    context = {"form": form, "next": target}
    return render(request, "accounts/sign_in.html", context, status=lockout.status_of(request))


@takes_form
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        auth.logout(request)
        messages.success(request, _("You have signed out."))
    return redirect(settings.LOGOUT_REDIRECT_URL)
