"""Forms for verifying one's data, booking, waiting and walk-ins."""

import uuid
from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from appointments.models import Assistance, Correction, Slot, offices_open_to_booking
from core.accounts.document_form import DocumentForm
from core.accounts.forms import VisualCodeForm
from core.accounts.models import Identity
from core.accounts.offered_services import OfferedServices
from core.accounts.people import Offered
from core.catalogue.models import Region, services_open_to_booking
from core.date_field import EitherCalendarDateField
from core.exceptions import RuleViolation
from core.forms import ChoiceForm, Form
from core.hijri import both_calendars
from core.identity_numbers import IdentityNumberField
from core.row_fields import RowField, RowsField
from core.template_filters import full_day_in_words, weekday_or_night
from core.text import read_number

# The afternoon and the evening begin at these hours.
NOON, EVENING = 12, 18


class VerifyForm(VisualCodeForm):
    """The user's own number and birth date, as the registry has them."""

    number = IdentityNumberField(
        label=_("Your ID number"),
        help_text=_("10 digits: national ID, iqama or border number."),
        error_messages={"required": _("Enter your ID number.")},
    )
    born = EitherCalendarDateField(
        label=_("Your date of birth"),
        error_messages={
            "required": _("Enter your date of birth: the day, the month and the year."),
        },
    )


class OperationsField(forms.IntegerField):
    """A number of operations, in digits of any script."""

    default_error_messages = {
        "required": _("Enter how many operations you need."),
        "invalid": _("Enter the number of operations in digits, for example 2."),
    }

    def __init__(self, **kwargs: Any) -> None:
        number = {"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}
        super().__init__(widget=forms.TextInput(number), **kwargs)

    def validate(self, value: int) -> None:
        super().validate(value)
        most = settings.BOOKING["MAX_OPERATIONS"]
        if not 1 <= value <= most:
            raise forms.ValidationError(
                _("Choose between 1 and %(most)s operations."), params={"most": most}
            )

    def to_python(self, value: str | int | None) -> int | None:
        value = read_number(value)
        if value and not (value.lstrip("-").isdecimal() and len(value) <= 10):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class CriteriaForm(ChoiceForm):
    """The first step of a booking: the attendee, the service, the region and the operations."""

    attendee = RowField(
        label=_("Who comes to the office?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose who comes to the office."),
            "invalid_choice": _(
                "This person is not linked to your account. Choose somebody who is."
            ),
        },
    )
    service = RowField(
        label=_("Which service is it about?"),
        read=services_open_to_booking,
        key="slug",
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a service."),
            "invalid_choice": _(
                "There are no appointments for this service at the moment. Choose another."
            ),
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
    operations = OperationsField(
        label=_("Number of operations"),
        help_text=_(
            "One for each person or document, for example 2 for two passports. If you name more "
            "people below, they are counted."
        ),
        initial=1,
    )
    beneficiaries = RowsField(
        label=_("Whose matters are they? (optional)"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={
            "invalid_choice": _(
                "This person is not linked to your account. Choose somebody who is."
            ),
        },
    )

    def __init__(self, *args: Any, holder: Identity, offered: Offered, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = offered.people
        self.keeps_typed = bool(people)
        attendee = self.fields["attendee"]
        attendee.rows = self.fields["beneficiaries"].rows = people
        attendee.initial = holder.pk
        if len(people) == 1 or offered.are_many:
            attendee.widget = forms.HiddenInput()
        if len(people) == 1:
            attendee.initial = people[0].pk
        if len(people) == 1 and not offered.are_many:
            del self.fields["beneficiaries"]
        self.services = OfferedServices(
            self.fields["service"].rows, offered, self.initial.get("service")
        )
        # The page offers these; a service that is not open to the person is refused with a reason.
        self.fields["service"].choices = self.services.choices

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        attendee, service = cleaned.get("attendee"), cleaned.get("service")
        if attendee and service:
            try:
                self.services.check(service, attendee)
            except RuleViolation as violation:
                violation.show_on(self)
        named = len(cleaned.get("beneficiaries") or ())
        if (operations := cleaned.get("operations")) and named > operations:
            # Whoever is named needs an operation of their own.
            try:
                cleaned["operations"] = self.fields["operations"].clean(str(named))
            except forms.ValidationError as error:
                self.add_error("operations", error)
        return cleaned


class WalkInForm(Form):
    """The ID number, service and operations of a walk-in; its key is as in `TimeForm`."""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    number = IdentityNumberField(
        label=_("ID number of the person"),
        help_text=_("10 digits: national ID, iqama or border number."),
        error_messages={"required": _("Enter the ID number of the person who has come.")},
    )
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
    operations = OperationsField(label=_("Number of operations"), initial=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].widget.attrs |= {"autocomplete": "off", "autofocus": not self.errors}


class AssistanceForm(DocumentForm):
    """Whom a clerk helps, with what, and how they show who they are; its key is as in `TimeForm`.

    The document is asked of those who are here.
    """

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    number = IdentityNumberField(
        label=_("ID number of the person"),
        help_text=_("10 digits: national ID, iqama or border number."),
        error_messages={"required": _("Enter the ID number of the person.")},
    )
    aim = forms.ChoiceField(
        label=_("What do they want?"),
        choices=Assistance.Aim,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("Choose what the person wants.")
        ),
    )
    way = forms.ChoiceField(
        label=_("Where are they?"),
        choices=Assistance.Way,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("Choose whether they are here or on the phone.")
        ),
    )

    field_order = ("number", "aim", "way", "document", "document_end")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].widget.attrs["autocomplete"] = "off"
        self.fields["document"].help_text = _("Of those who are here.")
        if self.data.get("way") == Assistance.Way.PHONE:
            self.fields["document"].required = self.fields["document_end"].required = False

    def clean_document_end(self) -> str:
        is_asked = self.fields["document_end"].required
        return super().clean_document_end() if is_asked else ""


class NextTimesForm(forms.Form):
    """Which times a clerk is shown: from a day on, and at one office of the region."""

    office = RowField(
        label=_("Office"),
        read=offices_open_to_booking,
        key="slug",
        required=False,
        empty_label=_("All offices of the region"),
        error_messages={
            "invalid_choice": _("There is no such office in this region. Choose one of these.")
        },
    )
    first_day = forms.TypedChoiceField(
        label=_("From"),
        coerce=date.fromisoformat,
        required=False,
        empty_value=None,
        error_messages={"invalid_choice": _("Choose one of the days that can be booked now.")},
    )

    def __init__(self, *args: Any, region: Region, days: Iterable[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].rows = [  # type: ignore[attr-defined]  # a RowField
            office for office in offices_open_to_booking() if office.region_id == region.pk
        ]
        choices = [(day.isoformat(), full_day_in_words(day)) for day in days]
        self.fields["first_day"].choices = choices  # type: ignore[attr-defined]


class TakeBackForm(ChoiceForm):
    """Why the last mark of an appointment is taken back, with the version that was on the page."""

    expected_version = forms.IntegerField(
        widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1
    )
    reason = forms.ChoiceField(
        label=_("Why is it taken back?"),
        choices=Correction.Reason.choices,
        initial=Correction.Reason.BY_MISTAKE,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), _("Choose why the mark is taken back.")
        ),
    )
    words = forms.CharField(
        label=_("In your own words"),
        help_text=_("For another reason: what happened, in 3 to 200 characters."),
        required=False,
        widget=forms.TextInput({"dir": "auto", "autocomplete": "off"}),
    )


class OfficeChoice(forms.Form):
    """The office and the day of an address; each is None if unknown."""

    office = RowField(read=offices_open_to_booking, key="slug", required=False)
    day = forms.DateField(input_formats=["%Y-%m-%d"], required=False)


class UntilChoice(forms.Form):
    """Until when somebody was asked to come, in an address; None without a day."""

    until = forms.DateField(input_formats=["%Y-%m-%d"], required=False)


class TimeForm(ChoiceForm):
    """A slot, which its own button sends; the key leads a second click to the first result."""

    keeps_typed = False  # nothing is typed
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    slot = RowField(
        label=_("Time"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a time."),
            "invalid_choice": _(
                "This is not a time of this office on this day. Choose one of these."
            ),
        },
    )

    def __init__(self, *args: Any, slots: Iterable[Slot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slot"].rows = slots

    def by_part_of_the_day(self) -> list[tuple[str, list[tuple[int, Slot]]]]:
        """Return [(name of a part of the day, [(number, slot)])], the earliest first."""
        slots = enumerate(self.fields["slot"].rows)
        parts = groupby(slots, key=lambda pair: _part_of_the_day(pair[1]))
        return [(part, list(of_part)) for part, of_part in parts]


def _part_of_the_day(slot: Slot) -> str:
    start = timezone.localtime(slot.start)
    if start.date() != slot.day:
        # The slot is chosen with the day before, as it belongs to that evening.
        return capfirst(f"{weekday_or_night(start)} {both_calendars(start)}")
    if start.hour < NOON:
        return pgettext("a part of the day", "Morning")
    if start.hour < EVENING:
        return pgettext("a part of the day", "Afternoon")
    return pgettext("a part of the day", "Evening")


class WaitForm(forms.Form):
    """The choice of where an earlier time is wanted."""

    HERE, REGION = "office", "region"

    where = forms.ChoiceField(
        label=_("Tell me if an earlier time comes free"),
        choices=[(REGION, _("anywhere in this region")), (HERE, _("at this office"))],
        initial=REGION,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"),
            _("Choose where you want an earlier time: at this office, or anywhere in its region."),
        ),
    )


class WishForm(ChoiceForm):
    """Where a time is wanted that comes free, and until when."""

    office = RowField(
        label=_("Where do you want a time?"),
        key="slug",
        widget=forms.RadioSelect,
        required=False,
        empty_label=_("At any office in the region"),
        error_messages={
            "invalid_choice": _("There is no such office in this region. Choose one of these.")
        },
    )
    last_day = forms.TypedChoiceField(
        label=_("Until when?"),
        coerce=date.fromisoformat,
        error_messages={
            "required": _("Choose the last day on which a time would still help you."),
            "invalid_choice": _("Choose one of the days that can be booked now."),
        },
    )

    def __init__(self, *args: Any, region: Region, days: Iterable[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].rows = [
            office for office in offices_open_to_booking() if office.region_id == region.pk
        ]
        choices = [(day.isoformat(), full_day_in_words(day)) for day in days]
        self.fields["last_day"].choices = choices
        self.fields["last_day"].initial = choices[-1][0]
