"""A new mobile for an account whose owner has lost the old one, and the objection to it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from core.accounts import actions, pending_steps, visual_code
from core.accounts.code_steps import Recover
from core.accounts.forms import ObjectionForm, RegisterForm
from core.accounts.models import OneTimeCode, Recovery
from core.accounts.views.visual_code import ask_with_picture
from core.exceptions import RuleViolation
from core.methods import takes_form

_OBJECTION = "objection_form"


@takes_form
def recover(request: HttpRequest) -> HttpResponse:
    return ask_with_picture(request, RegisterForm, Recover, "accounts/recover.html")


@takes_form
def new_mobile(request: HttpRequest) -> HttpResponse:
    """Say what a new mobile ends and closes, give it to the account, and say until when."""
    proven = pending_steps.get(request, "new_mobile")
    code = OneTimeCode.objects.filter(pk=proven["code"]).first() if proven else None
    if code is None:
        return redirect("accounts:recover")
    if request.method == "POST":
        try:
            actions.recover(code=code)
        except RuleViolation as violation:
            messages.error(request, violation.message)
            if violation.code != "registry_away":
                pending_steps.end(request, "new_mobile")
        return redirect("accounts:new-mobile")
    recovery = Recovery.objects.filter(idempotency_key=code.pk).first()
    context = {"mobile": code.recipient, "recovery": recovery}
    return render(request, "accounts/new_mobile.html", context)


@takes_form
@sensitive_post_parameters("password")
def objection(request: HttpRequest) -> HttpResponse:
    """Take the objection to a recovery, and answer alike whatever becomes of it."""
    needs_picture = visual_code.is_needed(request)
    given = pending_steps.get(request, _OBJECTION) if request.method != "POST" else None
    form = ObjectionForm(request.POST or None, initial=given, needs_picture=needs_picture)
    if visual_code.ANOTHER in request.POST:
        form = ObjectionForm(initial=visual_code.as_typed(form), needs_picture=needs_picture)
    elif visual_code.BY_TEXT in request.POST:
        # The password does not wait in the session.
        pending_steps.begin(request, _OBJECTION, login=visual_code.as_typed(form)["login"])
        return redirect(f"{reverse('accounts:picture-by-text')}?next={request.path}")
    elif request.method == "POST" and form.is_valid():
        try:
            visual_code.use(request, form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
            visual_code.ask_again(request, form)
        else:
            pending_steps.end(request, _OBJECTION)
            actions.object_to_recovery(
                login=form.cleaned_data["login"], password=form.cleaned_data["password"]
            )
            return redirect("accounts:objection-sent")
    return render(request, "accounts/objection.html", {"form": form})


def objection_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/objection_sent.html")
