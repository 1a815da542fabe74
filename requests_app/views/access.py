"""The one door to an inquiry for people: theirs, or the 404 of nothing."""

from functools import wraps

from django.shortcuts import get_object_or_404, redirect

from core.accounts.access import resident_required
from requests_app.models import Inquiry


def get_inquiry_for(user, reference):
    """The inquiry that `user` may see under this reference; 404 for any other as for none."""
    return get_object_or_404(_with_people(Inquiry.objects.visible_to(user)), reference=reference)


def get_filed_by(user, reference):
    """The inquiry that `user` has filed; 404 for any other as for none."""
    filed = Inquiry.objects.filed().filter(applicant=user)
    return get_object_or_404(_with_people(filed), reference=reference)


def draft_step(view):
    """A page that works on a draft; once it is filed, each of them leads to the receipt."""

    @wraps(view)
    def step(request, reference):
        inquiry = get_inquiry_for(request.user, reference)
        if not inquiry.is_draft:
            return redirect("inquiries:receipt", reference)
        return view(request, inquiry)

    return resident_required(step)


def _with_people(inquiries):
    return inquiries.select_related("applicant__identity", "holder", "beneficiary", "service")
