"""The page on which supervisors see what each officer has in hand, and hand it back."""

import re

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts.access import StaffRequest
from core.accounts.teams import outside_of, teams_of
from core.exceptions import RuleViolation
from core.methods import takes_form
from requests_app import actions
from requests_app.forms import officers
from requests_app.models import Inquiry


@takes_form
def workload(request: StaffRequest) -> HttpResponse:
    """Show the open inquiries of each officer by number; a button hands all of one back."""
    if not request.user.has_perm("requests_app.assign_inquiry"):
        raise PermissionDenied
    if request.method == "POST":
        return _hand_over(request)
    visible = Inquiry.objects.visible_to_staff(request.user).filter(status__in=Inquiry.OPEN)
    late = Q(status__in=Inquiry.AT_THE_DESK, due_on__lt=timezone.localdate())
    counts = visible.exclude(assignee=None).order_by().values("assignee")
    counts = counts.annotate(all=Count("pk"), late=Count("pk", filter=late))
    found = {row["assignee"]: row for row in counts}
    nothing = {"all": 0, "late": 0}
    elsewhere = outside_of(teams_of(request.user)) - found.keys()
    context = {
        **admin.site.each_context(request),
        "title": _("Work of the officers"),
        "rows": [
            (officer, found.get(officer.pk, nothing))
            for officer in officers()
            if officer.pk not in elsewhere
        ],
    }
    return render(request, "admin/requests_app/inquiry/workload.html", context)


def _hand_over(request: StaffRequest) -> HttpResponse:
    sent = request.POST.get("officer", "")
    if not re.fullmatch("[0-9]{1,18}", sent):
        raise BadRequest("no such officer")
    officer = get_object_or_404(officers(), pk=sent)
    try:
        number = actions.hand_over(actor=request.user, officer=officer)
    except RuleViolation as violation:
        messages.error(request, violation.message)
    else:
        told = ngettext(
            "%(number)s inquiry of %(who)s waits in the queue again.",
            "%(number)s inquiries of %(who)s wait in the queue again.",
            number,
        )
        messages.success(request, told % {"number": number, "who": officer.get_short_name()})
    return redirect("admin:inquiry_workload")
