"""The pages on which a new member of staff sets a password and an authenticator."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django_otp.plugins.otp_totp.models import default_key

from core.accounts import authenticators, pending_steps
from core.accounts.forms import CodeForm, NewPasswordForm
from core.accounts.models import Enrolment
from core.exceptions import RuleViolation
from core.methods import takes_form
from core.qr_codes import qr_code
from tawasul.portal import actions
from tawasul.portal.staff_forms import EnrolmentForm

STEP = "staff_enrolment"


@takes_form
def enrol(request: HttpRequest) -> HttpResponse:
    """Ask for the username and the code that the member of staff was given."""
    form = EnrolmentForm(request.POST or None)
    if form.is_valid():
        try:
            enrolment = actions.check_enrolment_code(**form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            request.session.cycle_key()
            facts = {"enrolment": enrolment.pk, "code_hash": enrolment.code_hash}
            pending_steps.begin(request, STEP, **facts)
            return redirect("admin:enrol-password")
    return _render(request, "code", {"form": form})


@takes_form
def password(request: HttpRequest) -> HttpResponse:
    enrolment, facts = _pending(request)
    if enrolment is None:
        return _begin_again(request)
    form = NewPasswordForm(request.POST or None, user=enrolment.user)
    if form.is_valid():
        hashed = make_password(form.cleaned_data["new_password"])
        key = facts.get("key") or default_key()
        begun = {name: facts[name] for name in ("enrolment", "code_hash")}
        pending_steps.begin(request, STEP, **begun, password=hashed, key=key)
        return redirect("admin:enrol-authenticator")
    return _render(request, "password", {"form": form})


@takes_form
def authenticator(request: HttpRequest) -> HttpResponse:
    """Show the key for the app, and finish with the first code that it makes of it."""
    enrolment, facts = _pending(request)
    if enrolment is None:
        return _begin_again(request)
    if "key" not in facts:
        return redirect("admin:enrol-password")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            codes = actions.enrol(
                enrolment=enrolment,
                password_hash=facts["password"],
                key=facts["key"],
                code=form.cleaned_data["code"],
            )
        except RuleViolation as violation:
            if violation.code == "used":
                return _begin_again(request)
            violation.show_on(form)
        else:
            pending_steps.end(request, STEP)
            return _render(request, "done", {"codes": codes, "username": enrolment.user.username})
    app = authenticators.new_app(enrolment.user, facts["key"])
    context = {
        "form": form,
        "code": qr_code(app.config_url),
        "secret": authenticators.key_of(app),
        "address": app.config_url,
    }
    return _render(request, "authenticator", context)


urls = [
    path("enrol/", enrol, name="enrol"),
    path("enrol/password/", password, name="enrol-password"),
    path("enrol/authenticator/", authenticator, name="enrol-authenticator"),
]


def _pending(request: HttpRequest) -> tuple[Enrolment | None, dict[str, Any]]:
    """Return the enrolment that this session has begun, if it is still open, and its facts."""
    facts = pending_steps.get(request, STEP) or {}
    begun = {"pk": facts.get("enrolment"), "code_hash": facts.get("code_hash")}
    return Enrolment.objects.open().filter(**begun).select_related("user").first(), facts


def _begin_again(request: HttpRequest) -> HttpResponse:
    """Lead back to the first step; whoever has come further is told that their code has ended."""
    if pending_steps.get(request, STEP):
        pending_steps.end(request, STEP)
        messages.error(request, actions.ENDED_CODE)
    return redirect("admin:enrol")


def _render(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, f"admin/enrol/{name}.html", context)
