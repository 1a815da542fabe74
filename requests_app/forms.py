"""The steps of an inquiry, and the officer's answer: what people type."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from tawasul.accounts.models import Identity
from tawasul.catalogue.models import DocumentType, Service
from tawasul.numbers import IdentityNumberField, MobileField
from tawasul.text import TextField

MOST_DESCRIPTION = 4000  # characters


class NewInquiryForm(forms.Form):
    """For whom, and which service; `key` makes a second click reach the first one's draft."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    beneficiary = forms.ModelChoiceField(
        label=_("Who is the inquiry for?"),
        queryset=Identity.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": _("Choose who the inquiry is for."),
            "invalid_choice": _(
                "This person is not linked to your account. Choose somebody who is."
            ),
        },
    )
    service = forms.ModelChoiceField(
        label=_("Which service is it about?"),
        queryset=Service.objects.open_to_inquiries(),
        to_field_name="slug",
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": _("Choose a service."),
            "invalid_choice": _(
                "This service is not open to you or to anybody linked to your "
                "account, or is not taking inquiries at the moment. Choose another."
            ),
        },
    )

    holder = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)

    def __init__(self, *args, holder, **kwargs):
        super().__init__(*args, **kwargs)
        self.acting_holder = holder
        self.fields["holder"].initial = holder.pk
        people = Identity.objects.who_can_be_asked_for_by(holder)
        people = people.prefetch_related("numbers")
        field = self.fields["beneficiary"]
        field.queryset = people
        field.initial = holder.pk
        if len(people) == 1:
            field.initial = people[0].pk
            field.widget = forms.HiddenInput()
        self.fields["service"].queryset = Service.objects.filter(
            pk__in=[
                service.pk
                for service in Service.objects.open_to_inquiries()
                if any(_may_ask(holder, person, service) for person in people)
            ]
        )

    def clean_holder(self):
        """In whose name the page was opened: another tab may have changed it since."""
        shown = self.cleaned_data["holder"]
        if shown and shown != str(self.acting_holder.pk):
            raise forms.ValidationError(
                _(
                    "You have changed in whose name you act since you opened this page. "
                    "Open it again."
                )
            )
        return self.acting_holder


def _may_ask(holder, person, service):
    is_own = person == holder
    return service.is_for(kind=person.kind, nationality=person.nationality) and not (
        is_own and service.is_filed_by_others_alone
    )


class DetailsForm(forms.Form):
    name = TextField(
        label=_("Full name"),
        max_length=150,
        help_text=_("As it stands in the registry."),
        widget=forms.TextInput({"autocomplete": "off", "dir": "auto"}),
        error_messages={"required": _("Enter the full name.")},
    )
    id_number = IdentityNumberField(
        label=_("ID or border number"),
        help_text=_("10 digits: national ID, iqama or border number."),
        error_messages={"required": _("Enter the ID or border number.")},
    )
    mobile = MobileField(
        label=_("Mobile"),
        help_text=_("Where the officer can reach you about this inquiry."),
        error_messages={"required": _("Enter a mobile number.")},
    )
    description = TextField(
        label=_("What do you need?"),
        help_text=_(
            "Say what you applied for, when, what happened, and what you are asking for: "
            "between 30 and 4,000 characters."
        ),
        max_length=MOST_DESCRIPTION,
        multiline=True,
        widget=forms.Textarea({"rows": 8, "dir": "auto"}),
        error_messages={
            "required": _("Explain what you need."),
            "max_length": _("The description has %(show_value)d characters. Shorten it to 4,000."),
        },
    )


class DocumentForm(forms.Form):
    document_type = forms.ModelChoiceField(
        label=_("Which document is it?"),
        queryset=DocumentType.objects.none(),
        to_field_name="slug",
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("Choose which document it is.")},
    )
    file = forms.FileField(
        label=_("Document"),
        help_text=_("A JPEG or PNG picture or a PDF, up to 10 MB."),
        max_length=255,
        widget=forms.FileInput({"accept": "image/jpeg,image/png,application/pdf"}),
        error_messages={
            "required": _("Choose a file."),
            "invalid": _("The file did not arrive. Choose it again."),
            "empty": _("This file is empty. Choose another."),
            "max_length": _("The name of this file is too long. Rename it and choose it again."),
        },
    )

    def __init__(self, *args, service, **kwargs):
        super().__init__(*args, **kwargs)
        types = service.documents.all() or DocumentType.objects.filter(slug="supporting-proof")
        field = self.fields["document_type"]
        field.queryset = types
        if len(types) == 1:
            field.widget = forms.HiddenInput()
            field.initial = types[0].slug
            self.fields["file"].label = types[0].name


class AnswerForm(forms.Form):
    """The officer's answer; `seen` is the version of the inquiry that was on the screen."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    text = TextField(
        label=_("Answer to the applicant"),
        max_length=4000,
        multiline=True,
        widget=forms.Textarea({"rows": 6, "dir": "auto"}),
        error_messages={"required": _("Write the answer that the applicant will read.")},
    )


class ClaimForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
