"""Verification of the user's own data before booking, once in a session."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from appointments import actions
from appointments.forms import VerifyForm
from appointments.views.access import remember_verified
from core.accounts import pending_steps, visual_code
from core.accounts.access import SignedInRequest, resident_required
from core.exceptions import RuleViolation
from core.http import safe_target
from core.methods import takes_form

# The session keeps the typed data under this name, while a text replaces the picture.
_KEPT = "verify_form"


@takes_form
@resident_required
def verify(request: SignedInRequest) -> HttpResponse:
    """Verify the user's own number and birth date, with a visual code or a text in its place."""
    given = pending_steps.get(request, _KEPT) if request.method != "POST" else None
    target = safe_target(request, (given or {}).get("next") or reverse("appointments:list"))
    needs_picture = visual_code.is_needed(request)
    form = VerifyForm(request.POST or None, initial=given, needs_picture=needs_picture)
    if visual_code.ANOTHER in request.POST:
        form = VerifyForm(initial=visual_code.as_typed(form), needs_picture=needs_picture)
    elif visual_code.BY_TEXT in request.POST:
        pending_steps.begin(request, _KEPT, next=target, **visual_code.as_typed(form))
        return redirect(f"{reverse('accounts:picture-by-text')}?next={request.path}")
    elif form.is_valid():
        try:
            visual_code.use(request, form.cleaned_data)
            actions.check_own_data(
                actor=request.user,
                number=form.cleaned_data["number"],
                born=form.cleaned_data["born"],
            )
        except RuleViolation as violation:
            visual_code.ask_again(request, form)
            violation.show_on(form)
        else:
            pending_steps.end(request, _KEPT)
            remember_verified(request)
            return redirect(target)
    return render(request, "appointments/verify.html", {"form": form, "next": target})
