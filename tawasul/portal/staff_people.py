"""The pages of the staff site that find a person, and show what is known about them."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.accounts.access import StaffRequest, get_visible
from core.accounts.actions import open_person
from core.accounts.models import Identity, IdentityQuerySet
from core.accounts.views.people import FOUND, ROWS, show_found, typed_words
from core.exceptions import RuleViolation
from core.methods import takes_form
from core.text import bare_digits
from tawasul.portal import person_file
from tawasul.portal.forms import FindAnybodyForm, ReasonForm

_may_open = permission_required("accounts.open_person", raise_exception=True)


@takes_form
@_may_open
def find(request: StaffRequest) -> HttpResponse:
    """Find people by a number or by names, which are posted and so stand in no address."""
    form, words = typed_words(request, FindAnybodyForm)
    if request.method == "POST" and words:
        return show_found(request, words)
    found: list[Identity] = []
    if words:
        people = _people_for(request).found_by_staff(words).prefetch_related("numbers")
        found = list(people[: ROWS + 1])
    context = {
        "title": _("Find a person"),
        "form": form,
        "words": words,
        "rows": [(person, _number_to_show(person, words)) for person in found[:ROWS]],
        "has_more": len(found) > ROWS,
        "rows_shown": ROWS,
    }
    return _render(request, "find", context)


@takes_form
@_may_open
def person(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what this member of staff may know about the person, once the opening is recorded.

    Without an open case of the person, a reason is asked for first.
    """
    people = _people_for(request).prefetch_related("numbers")
    person = get_visible(people, request.user, "person", pk=pk)
    form = ReasonForm(request.POST or None)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        about = person_file.reference_of_open_case(request.user, person)
        open_person(actor=request.user, person=person, reason=reason, about=about)
    except RuleViolation as violation:
        if reason:
            violation.show_on(form)
        context = {"title": _("Open a person's page"), "form": form}
        return _render(request, "reason", {**context, **_name_if_found(request, person)})
    if request.method == "POST":
        return redirect("admin:person", pk)
    context = {"title": person.name, **person_file.read(request.user, person)}
    return _render(request, "person", context)


def _people_for(request: StaffRequest) -> IdentityQuerySet:
    return Identity.objects.unrelated_to(request.user.identity)


def _name_if_found(request: StaffRequest, person: Identity) -> dict[str, Any]:
    """Return the person's name and number if the last search has shown them, else nothing.

    Otherwise the page of the reason would give a name to each key that is tried in its address.
    """
    words = request.session.get(FOUND, "")
    if not Identity.objects.filter(pk=person.pk).found_by_staff(words).exists():
        return {}
    return {"person": person, "number": _number_to_show(person, words)}


def _number_to_show(person: Identity, words: str) -> str | None:
    """Return the number that was searched for, or the one in force after a search by name."""
    number = bare_digits(words)
    return number if number.isdecimal() else person.current_number


def _render(request: StaffRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    context = {**admin.site.each_context(request), **context}
    return render(request, f"admin/people/{name}.html", context)
