"""Resetting a forgotten password."""

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from core.accounts import actions, lockout, pending_steps
from core.accounts.code_steps import Reset
from core.accounts.forms import (
    NewPasswordForm,
    ResetForm,
)
from core.accounts.models import User
from core.accounts.views.visual_code import ask_with_picture
from core.methods import takes_form
from core.security_log import Event, note


@takes_form
def reset(request: HttpRequest) -> HttpResponse:
    return ask_with_picture(request, ResetForm, Reset, "accounts/reset.html")


@takes_form
@sensitive_post_parameters("new_password", "again")
def new_password(request: HttpRequest) -> HttpResponse:
    """Set the new password, the last step of a reset."""
    proven = pending_steps.get(request, "new_password")
    user = User.objects.get(pk=proven["user"]) if proven else None
    # A recovery or an objection since the code has ended whatever was begun before.
    if proven is None or user is None or user.get_session_auth_hash() != proven.get("password"):
        return redirect("accounts:sign-in")
    form = NewPasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        actions.set_password(
            actor=user,
            password=form.cleaned_data["new_password"],
            session_key=request.session.session_key,
        )
        note(Event.RECOVERY, account=user.pk, kind="password_reset")
        auth.logout(request)
        lockout.forget_guesses(request, user)
        messages.success(request, _("Your new password is set. Sign in with it."))
        response = redirect("accounts:sign-in")
        lockout.remember_browser(request, response, user)
        return response
    return render(request, "accounts/new_password.html", {"form": form})
