"""A page for designers with every component of the pages, in every state and both directions."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments.day_list import FEW
from appointments.models import Appointment
from appointments.month_grid import WEEKDAYS, months_of
from core.catalogue.models import Service
from core.date_field import EitherCalendarDateField
from requests_app.models import Inquiry, InquiryEvent, Reply


class FieldsForm(forms.Form):
    """A form with one field of each kind."""

    name = forms.CharField(label=gettext_lazy("Full name"))
    mobile = forms.CharField(label=gettext_lazy("Mobile"), widget=forms.TextInput({"dir": "ltr"}))
    region = forms.ChoiceField(
        label=gettext_lazy("Region"), choices=[("", "—"), ("riyadh", gettext_lazy("Riyadh"))]
    )
    day = EitherCalendarDateField(label=gettext_lazy("Date of birth"))
    text = forms.CharField(
        label=gettext_lazy("What do you need?"),
        help_text=gettext_lazy("Say what happened, and since when."),
        widget=forms.Textarea({"rows": 3}),
    )
    choice = forms.ChoiceField(
        label=gettext_lazy("Colours"),
        choices=[("light", gettext_lazy("Light")), ("dark", gettext_lazy("Dark"))],
        widget=forms.RadioSelect,
    )
    agreed = forms.BooleanField(label=gettext_lazy("I have read this"))
    file = forms.FileField(label=gettext_lazy("Document"))


def components(request: HttpRequest) -> HttpResponse:
    languages = []
    for language, direction in (("ar", "rtl"), ("en", "ltr")):
        with translation.override(language):
            languages.append((language, direction, _component_context(language)))
    return render(request, "demo/components.html", {"languages": languages})


def _component_context(language: str) -> dict[str, Any]:
    """Return the context that the partials need, as the pages would pass it."""
    now = timezone.now()
    days = [timezone.localdate() + timedelta(days=ahead) for ahead in range(45)]
    free = {day: (0, 2, 12)[day.day % 3] for day in days}
    filled = {
        "name": "Ayesha Aslam Khan",
        "region": "riyadh",
        "day_calendar": "gregorian",
        "day_day": "30",
        "day_month": "7",
        "day_year": "1991",
        "choice": "dark",
    }
    return {
        "service": Service(
            slug="iqama-renew",
            name=_("Renew residency"),
            target_working_days=5,
        ),
        "empty_form": FieldsForm(prefix=f"{language}-empty"),
        "wrong_form": FieldsForm(
            {f"{language}-wrong-{name}": value for name, value in filled.items()},
            prefix=f"{language}-wrong",
        ),
        "inquiry_tags": [*Inquiry.Status.choices, *Inquiry.Outcome.choices],
        "appointment_tags": Appointment.Status.choices,
        "events": [
            InquiryEvent(event_type=event_type, at=now - timedelta(days=before))
            for event_type, before in (("submitted", 3), ("returned", 2), ("resubmitted", 1))
        ],
        "replies": [
            Reply(
                kind=Reply.Kind.ANSWER,
                text=_("Please send the first page of the passport."),
                written_at=now,
            ),
            Reply(kind=Reply.Kind.FROM_APPLICANT, text=_("Here it is."), written_at=now),
        ],
        "attachments": [
            SimpleNamespace(
                pk=number,
                can_be_opened=True,
                content_type="application/pdf",
                get_content_type_display="PDF",
                pages=number,
                original_name=name,
                size=size,
                document_type=SimpleNamespace(name=_("Passport copy")),
            )
            for number, name, size in (
                (1, "passport.pdf", 184_320),
                (2, "passport (page 2).pdf", 2_400_000),
            )
        ],
        "inquiry": Inquiry(reference="202600000017"),
        "months": months_of(days, free),
        "few": FEW,
        "weekdays": WEEKDAYS,
        "page": Paginator(range(30), 10).page(2),
    }
