"""The forms of an officer who asks somebody to come to an office."""

import datetime
import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.catalogue.models import DocumentType, Region, services_open_to_booking
from core.row_fields import RowField, RowsField
from core.template_filters import full_day_in_words
from core.text import TextField
from requests_app.forms import VersionForm
from requests_app.models import Inquiry
from tawasul.portal.actions import last_days
from tawasul.portal.models import Invitation


class InvitationForm(VersionForm):
    """What somebody is asked to come for, where, until when, and what they bring.

    The `idempotency_key` makes a second click reach the first one's invitation.
    """

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    service = RowField(
        label=_("Service"),
        read=services_open_to_booking,
        key="slug",
        empty_label=_("Choose a service"),
        error_messages={
            "required": _("Choose a service."),
            "invalid_choice": _("There are no appointments for this service. Choose another."),
        },
    )
    region = RowField(
        label=_("In which region?"),
        read=Region.cached.all,
        key="slug",
        empty_label=_("Choose a region"),
        error_messages={
            "required": _("Choose a region."),
            "invalid_choice": _("There is no such region. Choose one from the list."),
        },
    )
    until = forms.TypedChoiceField(
        label=_("Until when?"),
        help_text=_("The last day on which coming still helps."),
        coerce=datetime.date.fromisoformat,
        error_messages={
            "required": _("Choose until when they are asked to come."),
            "invalid_choice": _("Choose one of these days: there is time to book before them."),
        },
    )
    documents = RowsField(
        label=_("Documents to bring (optional)"),
        read=DocumentType.cached.all,
        key="slug",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={
            "invalid_choice": _("The catalogue has no such document. Choose from the list."),
        },
    )
    what_to_bring = TextField(
        label=_("What else to bring, or why (optional)"),
        help_text=_("The applicant reads this as you write it. At most 300 characters."),
        required=False,
        max_length=Invitation.MAX_WORDS,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        error_messages={
            "max_length": _("This has %(show_value)d characters. Shorten it to 300."),
        },
    )

    def __init__(self, *args: Any, inquiry: Inquiry, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"expected_version": inquiry.version, "service": inquiry.service.slug}
        days = [(day.isoformat(), full_day_in_words(day)) for day in last_days()]
        choices = [("", _("Choose a day")), *days]
        self.fields["until"].choices = choices  # type: ignore[attr-defined]
