"""Signing in with a password and a texted code, and signing out."""

import time

from django.conf import settings
from django.contrib import auth, messages
from django.shortcuts import redirect, render, resolve_url
from django.urls import translate_url
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from tawasul.accounts import actions
from tawasul.accounts.forms import CodeForm, SignInForm
from tawasul.accounts.models import OneTimeCode, User
from tawasul.exceptions import RuleViolation
from tawasul.http import safe_target

PENDING_SECONDS = 15 * 60


@sensitive_post_parameters("password")
def sign_in(request):
    target = safe_target(request, resolve_url(settings.LOGIN_REDIRECT_URL))
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = auth.authenticate(
            request,
            username=form.cleaned_data["login"],
            password=form.cleaned_data["password"],
        )
        if user is None:
            form.add_error(
                None,
                _("This username or ID number and this password do not match. Check both."),
            )
        elif not user.mobile:
            form.add_error(
                None,
                _(
                    "This account has no mobile number. Please go to a passports "
                    "office. Staff sign in on the staff site."
                ),
            )
        else:
            _begin(request, user, target)
            _send(request, user)
            return redirect("accounts:code")
    return render(request, "accounts/sign_in.html", {"form": form, "next": target})


def code(request):
    user = _pending_user(request)
    if user is None:
        return redirect("accounts:sign-in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.use_code(
                actor=user,
                purpose=OneTimeCode.Purpose.SIGN_IN,
                session_key=request.session.session_key,
                guess=form.cleaned_data["code"],
                deed=lambda _code: None,
            )
        except RuleViolation as violation:
            if violation.code == "used":
                # The first of two clicks has signed in; from there it goes on to its page.
                return redirect("accounts:sign-in")
            form.add_error("code", violation.message)
        else:
            actions.remember_language(actor=user, language=get_language())
            target = request.session.pop("sign_in")["next"]
            auth.login(request, user, backend="tawasul.accounts.backends.UsernameOrIdentityNumber")
            return redirect(translate_url(target, get_language()))
    sent = actions.latest_code(
        actor=user,
        purpose=OneTimeCode.Purpose.SIGN_IN,
        session_key=request.session.session_key,
    )
    context = {"form": form, "mobile": user.mobile, "notice": sent and sent.message}
    return render(request, "accounts/code.html", context)


def resend(request):
    user = _pending_user(request)
    if user is None:
        return redirect("accounts:sign-in")
    if request.method == "POST":
        _send(request, user)
    return redirect("accounts:code")


def sign_out(request):
    if request.method == "POST":
        auth.logout(request)
        messages.success(request, _("You have signed out."))
    return redirect(settings.LOGOUT_REDIRECT_URL)


def _begin(request, user, target):
    """From here on the password is proven, and a session of its own waits for the code."""
    if _pending_user(request) != user:
        # Whoever comes back to the password keeps the session, and the code that was sent for it.
        request.session.cycle_key()
    request.session["sign_in"] = {"user": user.pk, "at": time.time(), "next": target}
    request.session.save()


def _pending_user(request):
    pending = request.session.get("sign_in")
    if not pending or time.time() - pending["at"] > PENDING_SECONDS:
        return None
    return User.objects.filter(pk=pending["user"], is_active=True).first()


def _send(request, user):
    try:
        actions.send_code(
            actor=user,
            purpose=OneTimeCode.Purpose.SIGN_IN,
            session_key=request.session.session_key,
            language=get_language(),
        )
    except RuleViolation as violation:
        messages.warning(request, violation.message)
