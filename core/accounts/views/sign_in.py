"""Signing in and out."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from core.accounts import guesses, lockout, pending_steps, visual_code
from core.accounts.code_steps import SignIn
from core.accounts.forms import (
    SignInForm,
)
from core.accounts.models import User
from core.accounts.security_events import note_wrong_password
from core.catalogue.public_pages import public_page
from core.exceptions import RuleViolation
from core.http import safe_target
from core.methods import takes_form
from core.security_log import Event, note

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_WRONG = gettext_lazy("This username or ID number and this password do not match. Check both.")
# Whoever is refused for a day reads that the password is wrong, even where it is right.
_REFUSALS: dict[guesses.Limit | None, "StrOrPromise"] = {
    guesses.Limit.LOCKED_OUT: lockout.REFUSAL,
    guesses.Limit.PICTURE: visual_code.VisualCodeField.default_error_messages["required"],
}
# What was typed, while a text takes the place of the picture.
_KEPT = "sign_in_form"


@takes_form
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    given = (request.method != "POST" and pending_steps.get(request, _KEPT)) or {}
    target = safe_target(request, given.get("next") or resolve_url(settings.LOGIN_REDIRECT_URL))
    if request.user.is_authenticated:
        return redirect(target)
    costs_picture = lockout.costs_picture(request)
    needs_picture = costs_picture and visual_code.is_needed(request)
    form = SignInForm(request.POST or None, initial=given, needs_picture=needs_picture)
    if visual_code.ANOTHER in request.POST:
        form = SignInForm(initial=visual_code.as_typed(form), needs_picture=needs_picture)
    elif visual_code.BY_TEXT in request.POST:
        pending_steps.begin(request, _KEPT, **visual_code.as_typed(form), next=target)
        return redirect(f"{resolve_url('accounts:picture-by-text')}?next={request.path}")
    elif request.method == "POST" and form.is_valid():
        try:
            if costs_picture:
                visual_code.use(request, form.cleaned_data)
            user = _user_of(request, form, judges_network=not costs_picture)
            return SignIn(request).begin(
                user=user.pk, password=user.get_session_auth_hash(), next=target
            )
        except RuleViolation as violation:
            violation.show_on(form)
    if needs_picture and visual_code.FIELD in form.errors:
        note_wrong_password(form["login"].value() or "", "resident", guesses.Limit.PICTURE)
    if request.method == "POST" and lockout.costs_picture(request):
        visual_code.ask_again(request, form)
    context = {"form": form, "next": target}
    return render(request, "accounts/sign_in.html", context, status=lockout.status_of(request))


def _user_of(request: HttpRequest, form: SignInForm, *, judges_network: bool) -> User:
    """Return the user whose password this is, and who may go on to the code.

    RuleViolation: `wrong_password`, one of `guesses.Limit`, or `no_mobile`.
    """
    login, password = form.cleaned_data["login"], form.cleaned_data["password"]
    user = auth.authenticate(
        request, username=login, password=password, judges_network=judges_network
    )
    if not isinstance(user, User):
        limit = lockout.limit_of(request)
        note_wrong_password(login, "resident", limit)
        raise RuleViolation(_REFUSALS.get(limit, _WRONG), code=limit or "wrong_password")
    if not user.mobile:
        note(Event.SIGN_IN, "no_mobile", account=user.pk, kind="resident")
        raise RuleViolation(
            _(
                "This account has no mobile number. Choose “I no longer have this mobile” "
                "below, or go to a passports office with your ID or passport. Staff sign in "
                "on the staff site."
            ),
            code="no_mobile",
        )
    return user


@takes_form
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect(settings.LOGIN_REDIRECT_URL)
    auth.logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@public_page
def signed_out(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/signed_out.html")
