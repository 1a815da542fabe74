"""The pages of forms with a picture, the picture as speech, and the texted code in its place."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import get_language

from core.accounts import pending_steps, visual_code
from core.accounts.code_steps import CodeStep, Picture
from core.accounts.forms import (
    MobileInKingdomForm,
    VisualCodeForm,
)
from core.exceptions import RuleViolation
from core.http import safe_target
from core.methods import takes_form

_RANGE = re.compile(r"bytes=([0-9]{1,9})-([0-9]{0,9})")


def spoken_picture(request: HttpRequest, key: str) -> HttpResponse:
    """Answer with the digits of a picture as speech, or with a part: Safari plays nothing else.

    Listening does not use the picture up. A used or expired one is answered as one that never was.
    """
    speech = visual_code.spoken(key, get_language())
    if speech is None:
        raise Http404
    response = HttpResponse(speech, content_type="audio/wav", headers={"Accept-Ranges": "bytes"})
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked and int(asked[1]) < len(speech):
        first, last = int(asked[1]), min(int(asked[2] or len(speech)), len(speech) - 1)
        response.content, response.status_code = speech[first : last + 1], 206
        response["Content-Range"] = f"bytes {first}-{last}/{len(speech)}"
    return response


@takes_form
def picture_by_text(request: HttpRequest) -> HttpResponse:
    """Text a code to a visitor who cannot see the picture, and return to the form afterwards."""
    target = safe_target(request, resolve_url("accounts:register"))
    form = MobileInKingdomForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            mobile = str(form.cleaned_data["mobile"])
            return Picture(request).begin(mobile=mobile, next=target)
        except RuleViolation as violation:
            violation.show_on(form)
    return render(request, "accounts/picture_by_text.html", {"form": form, "next": target})


def ask_with_picture(
    request: HttpRequest, form_class: type[VisualCodeForm], step: type[CodeStep], template: str
) -> HttpResponse:
    """Show a form with a picture, and begin `step` with its data when it is valid."""
    kept = f"{step.purpose}_form"
    needs_picture = visual_code.is_needed(request)
    given = pending_steps.get(request, kept) if request.method != "POST" else None
    form = form_class(request.POST or None, initial=given, needs_picture=needs_picture)
    if visual_code.ANOTHER in request.POST:
        form = form_class(initial=visual_code.as_typed(form), needs_picture=needs_picture)
    elif visual_code.BY_TEXT in request.POST:
        pending_steps.begin(request, kept, **visual_code.as_typed(form))
        return redirect(f"{resolve_url('accounts:picture-by-text')}?next={request.path}")
    elif request.method == "POST" and form.is_valid():
        try:
            visual_code.use(request, form.cleaned_data)
            facts = {name: str(form.cleaned_data[name]) for name in form_class.base_fields}
            pending_steps.end(request, kept)
            return step(request).begin(**facts)
        except RuleViolation as violation:
            violation.show_on(form)
            visual_code.ask_again(request, form)
    return render(request, template, {"form": form})
