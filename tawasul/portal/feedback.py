"""The page on which people say whether a page was useful; it sets no cookie and knows nobody.

Why its form needs no token stands in docs/decisions/feedback.md.
"""

import uuid
from typing import NamedTuple
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.views.decorators.csrf import csrf_exempt

from core.digests import derive_key
from core.exceptions import RuleViolation
from core.forms import Form
from core.http import client_network, in_language, is_sent_from_elsewhere
from core.language_switch import without_session
from core.methods import takes_form
from core.text import TextField
from tawasul.portal.actions import give_feedback
from tawasul.portal.models import Feedback

# What pages are called by staff. Answers are taken about these, and about every public page.
PAGES = {
    "portal:home": gettext_lazy("Home"),
    "portal:contact": gettext_lazy("Contact"),
    "portal:accessibility": gettext_lazy("Accessibility"),
    "catalogue:services": gettext_lazy("Services"),
    "catalogue:service": gettext_lazy("A service"),
    "accounts:signed-out": gettext_lazy("You have signed out"),
    "inquiries:receipt": gettext_lazy("Receipt of an inquiry"),
    "inquiries:detail": gettext_lazy("Answer to an inquiry"),
    "appointments:detail": gettext_lazy("Visit to an office"),
}


class Question(NamedTuple):
    text: str | Promise
    yes: str | Promise = gettext_lazy("Yes")
    no: str | Promise = gettext_lazy("No")


_OF_A_PAGE = Question(gettext_lazy("Was this page useful?"))
_OTHERS = {
    "inquiries:receipt": Question(gettext_lazy("Was it easy to send this inquiry?")),
    "inquiries:detail": Question(gettext_lazy("Did this answer help you?")),
    "appointments:detail": Question(
        gettext_lazy("How was your visit?"),
        pgettext_lazy("of a visit", "Good"),
        pgettext_lazy("of a visit", "Not good"),
    ),
}


def question_about(page: str) -> Question:
    """Return what is asked about the page with this name of its address."""
    return _OTHERS.get(page, _OF_A_PAGE)


class FeedbackForm(Form):
    sentence = TextField(
        label=gettext_lazy("Why? (optional)"),
        help_text=gettext_lazy("One sentence is enough. Do not write names or numbers."),
        required=False,
        max_length=Feedback.MAX_SENTENCE,
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
        error_messages={
            "max_length": gettext_lazy("This has %(show_value)d characters. Shorten it to 300.")
        },
    )
    # The buttons of the form.
    is_useful = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")],
        coerce="yes".__eq__,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), gettext_lazy("Choose one of the two answers.")
        ),
    )
    idempotency_key = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        error_messages=dict.fromkeys(
            ("required", "invalid"), gettext_lazy("Choose your answer once more.")
        ),
    )


@csrf_exempt
@without_session
@takes_form
def feedback(request: HttpRequest) -> HttpResponse:
    """Ask about the page in the address; two buttons answer."""
    address, page = _page_of(request)
    if request.method == "POST" and is_sent_from_elsewhere(request):
        raise PermissionDenied
    form = FeedbackForm(request.POST or None)
    if form.is_valid():
        said, language = form.cleaned_data, str(get_language())
        key = derive_key(
            said.pop("idempotency_key"), page, language, said["is_useful"], said["sentence"]
        )
        try:
            give_feedback(
                page=page,
                language=language,
                **said,
                network=client_network(request),
                idempotency_key=key,
            )
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            return redirect(f"{reverse('portal:thanks')}?{urlencode({'page': address})}")
    return render(request, "portal/feedback.html", {"form": form, "question": question_about(page)})


def thanks(request: HttpRequest) -> HttpResponse:
    address, _page = _page_of(request)
    return render(request, "portal/thanks.html", {"address": address})


def _page_of(request: HttpRequest) -> tuple[str, str]:
    """Return the address that is asked about, in the active language, and its name.

    Raise Http404 for one about which nothing is asked.
    """
    address = in_language(request.GET.get("page", ""), str(get_language()))
    try:
        found = resolve(address)
    except Resolver404:
        raise Http404 from None
    if not (found.view_name in PAGES or getattr(found.func, "is_public", False)):
        raise Http404
    return address, found.view_name
