"""Access to inquiries in the portal: another person's inquiry is a 404, like a missing one."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from core.accounts.access import SignedInRequest, not_theirs, resident_required
from core.accounts.models import User
from core.accounts.rights import set_known_people
from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.actions import Deed, Rights
from requests_app.models import Inquiry


def get_inquiry_for(user: User, reference: str) -> Rights:
    """Return the rights of `user` on the inquiry, with it; raise 404 as for a missing one if none.

    Somebody with any right may read what was filed, or edit it if it is a draft.
    """
    inquiry = get_object_or_404(Inquiry, reference=reference)
    set_known_people(user, inquiry)
    rights = actions.rights_of(user, inquiry)
    if not rights.may(Deed.READ_TEXT):
        raise not_theirs(user, "inquiry", reference)
    return rights


def address_of(request: HttpRequest, page: str, *args: str) -> str:
    """Return the address of a page of inquiries, of whoever files or of the clerk who prepares.

    The pages of clerks are the same ones at other addresses, and a clerk stays among them.
    """
    here = request.resolver_match.namespace  # type: ignore[union-attr]  # set for views
    return reverse(f"inquiries:{page}", args=args, current_app=here)


def draft_step(
    view: Callable[[SignedInRequest, Inquiry], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Decorate a view that works on a draft; redirect to the receipt once it is filed."""

    @wraps(view)
    def step(request: SignedInRequest, reference: str) -> HttpResponse:
        inquiry = get_inquiry_for(request.user, reference).inquiry
        if not inquiry.is_draft:
            return redirect("inquiries:receipt", reference)
        return view(request, inquiry)

    return resident_required(step)


def filed_page(deed: Deed) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Decorate a page of a filed inquiry for those who may do `deed`; it gets their rights.

    Others who may read what was filed are led to that, with the reason. A draft leads to its step.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def page(request: SignedInRequest, reference: str, **kwargs: Any) -> HttpResponse:
            rights = get_inquiry_for(request.user, reference)
            if rights.inquiry.is_draft:
                return redirect("inquiries:details", reference)
            try:
                rights.check_may(deed)
            except RuleViolation as violation:
                # The page of what was filed gives the reason itself.
                if rights.may(Deed.READ):
                    messages.error(request, violation.message)
                return redirect("inquiries:detail", reference)
            return view(request, rights, **kwargs)

        return resident_required(page)

    return decorate
