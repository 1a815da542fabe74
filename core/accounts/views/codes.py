"""The pages for entering a code and for sending another, shared by all steps."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from core.accounts import visual_code
from core.accounts.code_steps import CodeStep
from core.accounts.codes import seconds_until_another
from core.accounts.forms import CodeForm, VisualCodeForm
from core.exceptions import RuleViolation
from core.methods import takes_form


@takes_form
def code(request: HttpRequest, step_class: type[CodeStep]) -> HttpResponse:
    """Show the form for the code of `step_class`, one of `code_steps`, and try the code."""
    step = step_class(request)
    if not step.is_waiting:
        return redirect(step.after)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            used = step.try_code(form.cleaned_data["code"])
        except RuleViolation as violation:
            if violation.code == "used":
                # This is the second of two clicks; the first has used the code.
                return redirect(step.after)
            form.add_error("code", violation.message)
        else:
            return step.on_success(used)
    sent = step.sent()
    context = {
        "form": form,
        "step": step,
        "recipient": sent and sent.recipient,
        "notice": sent and sent.message,
        "by_app": sent and sent.by_app,
        "mail": sent and sent.mail,
        "delay": step.delay(),
        "seconds_left": seconds_until_another(sent or None),
    }
    return render(request, "accounts/code.html", context)


@takes_form
def resend(request: HttpRequest, step_class: type[CodeStep]) -> HttpResponse:
    step = step_class(request)
    if not step.is_waiting:
        return redirect(step.after)
    if step.resend_costs_a_picture:
        return _resend_for_a_picture(request, step)
    if request.method == "POST":
        _resend(request, step)
    return redirect(step.page)


def _resend_for_a_picture(request: HttpRequest, step: CodeStep) -> HttpResponse:
    """Show the picture, and send another code for its digits."""
    needs_picture = visual_code.is_needed(request)
    form = VisualCodeForm(request.POST or None, needs_picture=needs_picture)
    if visual_code.ANOTHER in request.POST:
        form = VisualCodeForm(needs_picture=needs_picture)
    elif visual_code.BY_TEXT in request.POST:
        return redirect(f"{reverse('accounts:picture-by-text')}?next={request.path}")
    elif request.method == "POST" and form.is_valid():
        try:
            visual_code.use(request, form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
            visual_code.ask_again(request, form)
        else:
            _resend(request, step)
            return redirect(step.page)
    return render(request, "accounts/resend.html", {"form": form, "step": step})


def _resend(request: HttpRequest, step: CodeStep) -> None:
    try:
        step.send_within_limits()
    except RuleViolation as violation:
        messages.warning(request, violation.message)
