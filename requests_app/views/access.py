"""Access to inquiries in the portal: another person's inquiry is a 404, like a missing one."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from core.accounts.access import SignedInRequest, resident_required
from core.accounts.models import User
from requests_app.models import Inquiry, InquiryQuerySet


def get_inquiry_for(user: User, reference: str) -> Inquiry:
    """Return the inquiry if `user` may see it; raise 404 as for a missing one if not."""
    return get_object_or_404(_with_people(Inquiry.objects.visible_to(user)), reference=reference)


def get_filed_by(user: User, reference: str) -> Inquiry:
    """Return the inquiry if `user` has filed it; raise 404 as for a missing one if not."""
    filed = Inquiry.objects.filed().filter(applicant=user)
    return get_object_or_404(_with_people(filed), reference=reference)


def draft_step(
    view: Callable[[SignedInRequest, Inquiry], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Decorate a view that works on a draft; redirect to the receipt once it is filed."""

    @wraps(view)
    def step(request: SignedInRequest, reference: str) -> HttpResponse:
        inquiry = get_inquiry_for(request.user, reference)
        if not inquiry.is_draft:
            return redirect("inquiries:receipt", reference)
        return view(request, inquiry)

    return resident_required(step)


def _with_people(inquiries: InquiryQuerySet) -> InquiryQuerySet:
    return inquiries.select_related("applicant__identity", "holder", "beneficiary", "service")
