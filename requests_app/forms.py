"""The forms of applicants and officers: filing, answering, withdrawing and assigning."""

import uuid
from collections.abc import Collection
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.auth.backends import ModelBackend
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Identity, User
from core.accounts.offered_services import OfferedServices
from core.accounts.people import Offered
from core.accounts.teams import outside_of
from core.catalogue.models import DocumentType, Team, services_open_to_inquiries, several_teams
from core.forms import ChoiceForm, Form
from core.mobiles import MobileField
from core.row_fields import Explained, RowField
from core.template_filters import isolated
from core.text import TextField
from requests_app.models import CannedText, Export, Inquiry

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MAX_DESCRIPTION_LENGTH = 4000  # characters
MAX_FILES = 10  # in one upload
# Some systems know only the ending of a phone's photo, not its type.
ACCEPTED_FILES = (
    "image/jpeg,image/png,image/webp,image/avif,image/heic,image/heif,.heic,.heif,application/pdf"
)
HOLDER_CHANGED = _(
    "You have changed in whose name you act since you opened this page. Open it again."
)


class SubjectForm(ChoiceForm):
    """The beneficiary and the service of an inquiry."""

    beneficiary = RowField(
        label=_("Who is the inquiry for?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose who the inquiry is for."),
            "invalid_choice": _(
                "This person is not linked to your account. Choose somebody who is."
            ),
        },
    )
    service = RowField(
        label=_("Which service is it about?"),
        read=services_open_to_inquiries,
        key="slug",
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a service."),
            "invalid_choice": _("This service takes no inquiries at the moment. Choose another."),
        },
    )

    holder = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)

    def __init__(self, *args: Any, holder: Identity, offered: Offered, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.acting_holder = holder
        self.fields["holder"].initial = holder.pk
        people = offered.people
        field = self.fields["beneficiary"]
        field.rows = people
        field.initial = holder.pk
        if len(people) == 1:
            field.initial = people[0].pk
            field.widget = forms.HiddenInput()
        self.services = OfferedServices(
            self.fields["service"].rows, offered, self.initial.get("service")
        )
        # The page offers these; a service that is not open to the person is refused with a reason.
        self.fields["service"].choices = self.services.choices

    def clean_holder(self) -> Identity:
        """Check that the holder is still the one of the page: another tab may have changed it."""
        shown = self.cleaned_data["holder"]
        if shown and shown != str(self.acting_holder.pk):
            raise forms.ValidationError(HOLDER_CHANGED)
        return self.acting_holder


class NewInquiryForm(SubjectForm):
    """A subject form whose `idempotency_key` makes a second click reach the same draft."""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class DetailsForm(Form):
    """What somebody needs; name and number come from the registry."""

    description = TextField(
        label=_("What do you need?"),
        help_text=_("In your own words, between 30 and 4,000 characters."),
        max_length=MAX_DESCRIPTION_LENGTH,
        multiline=True,
        widget=forms.Textarea(
            {
                "rows": 8,
                "dir": "auto",
                "data-counter": _("Characters: {count} of 4,000"),
                "data-at-least": 30,
                "data-needed": _("Characters still needed: {count}"),
            }
        ),
        error_messages={
            "required": _("Explain what you need."),
            "max_length": _("The description has %(show_value)d characters. Shorten it to 4,000."),
        },
    )
    earlier_reference = TextField(
        label=_("Number of an earlier request, if this is about one"),
        help_text=_("Leave it empty if there is none. It is not your ID number."),
        required=False,
        max_length=30,
        widget=forms.TextInput({"autocomplete": "off", "dir": "ltr"}),
        error_messages={
            "max_length": _("The number has %(show_value)d characters. Shorten it to 30."),
        },
    )
    mobile = MobileField(
        label=_("Mobile"),
        help_text=_(
            "Where the officer can reach you about this inquiry. "
            "If it is not the one on your account, we text a code to it."
        ),
        error_messages={"required": _("Enter a mobile number.")},
    )


class _FilesInput(forms.FileInput):
    """The files that were chosen, and the photo that was taken."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile]:
        return [*files.getlist(name), *files.getlist("photo")]


class DocumentsForm(ChoiceForm):
    """Documents of one type; the service determines the types to choose from.

    The fields of its files are those of templates/components/pick.html.
    """

    keeps_typed = False  # a browser does not fill in files again
    accepted = ACCEPTED_FILES

    document_type = RowField(
        label=_("Which document is it?"),
        key="slug",
        label_of=lambda kind: Explained.by(kind.name, kind.must_show),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose which document it is."),
            "invalid_choice": _(
                "This inquiry does not take such a document. Choose one from the list."
            ),
        },
    )
    files = forms.Field(  # type: ignore[assignment]  # Django moves fields off the class
        widget=_FilesInput,
        required=False,
        help_text=_(
            "Photos or PDFs, up to 10 MB each. You can choose several at once; "
            "10 documents and 40 MB in all."
        ),
    )

    def __init__(
        self, *args: Any, inquiry: Inquiry, is_required: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        service = inquiry.service
        types = [*service.documents.all(), *service.optional_documents.all()]
        # A service without document types of its own takes any type.
        types = types or DocumentType.cached.all()
        field = self.fields["document_type"]
        field.rows = sorted(types, key=attrgetter("pk"))
        self.is_required = is_required
        field.required = is_required or bool(self.files)
        self.only_type = types[0] if len(types) == 1 else None
        if self.only_type:
            field.widget = forms.HiddenInput()
            field.initial = self.only_type.slug

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        document_type = cleaned.get("document_type")
        has_files = cleaned.get("files") or self.has_error("files")
        if self.is_required and document_type and not has_files:
            self.add_error(
                "files",
                _("Take a photo or choose a file of this: %(document_type)s.")
                % {"document_type": document_type.name},
            )
        return cleaned

    def clean_files(self) -> list[UploadedFile]:
        """Check that an inquiry takes this many files, as each one costs seconds to check."""
        files = self.cleaned_data["files"] or []
        if len(files) > MAX_FILES:
            raise forms.ValidationError(_("Choose at most 10 files at once."))
        return files


class VersionForm(Form):
    """A button of a filed inquiry, with the version that was on the screen."""

    expected_version = forms.IntegerField(
        widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1
    )


class _TextForm(VersionForm):
    label: "_StrPromise"
    missing: "_StrPromise | str"  # what is said of an empty text, or nothing if it may be empty

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    text = TextField(
        max_length=4000,
        multiline=True,
        widget=forms.Textarea({"rows": 6, "dir": "auto"}),
        error_messages={
            "max_length": _("This text has %(show_value)d characters. Shorten it to 4,000."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = self.label
        self.fields["text"].required = bool(self.missing)
        self.fields["text"].error_messages["required"] = self.missing


class AnswerForm(_TextForm):
    """An officer's answer, or the reason for a decision."""

    label = _("Answer to the applicant")
    missing = _("Write the answer that the applicant will read.")


class CannedTextForm(forms.Form):
    """The choice of a canned text, beside the answer that it goes into."""

    canned = forms.TypedChoiceField(
        label=_("Canned text"),
        required=False,
        error_messages={
            "invalid_choice": _("This canned text is not offered any more. Choose another.")
        },
    )

    def __init__(self, *args: Any, inquiry: Inquiry, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {str(each.pk): each for each in CannedText.offered_for(inquiry)}
        field = cast(forms.TypedChoiceField, self.fields["canned"])
        field.choices = [("", _("None")), *((pk, each.title) for pk, each in offered.items())]
        field.coerce, field.empty_value = offered.get, None


class NoteForm(_TextForm):
    label = _("For officers alone; the applicant never sees it")
    missing = _("Write the note.")


class ReopenForm(_TextForm):
    label = _("Why it is taken up again; the applicant reads this")
    missing = _("Write why the inquiry is taken up again.")


class SecondReadingForm(_TextForm):
    label = _("Why the refusal cannot stand; its officer reads this, the applicant never")
    missing = _("Write why the refusal cannot stand.")


class ReturnAnswerForm(_TextForm):
    label = _("Your answer")
    missing = _("Write what the officer asked for.")


class AddForm(_TextForm):
    """A message about an inquiry; documents alone say enough."""

    label = _("Your message")
    missing = ""


class AskBackForm(_TextForm):
    label = _("Your question about the answer")
    missing = _("Write your question.")


class WithdrawForm(_TextForm):
    label = _("Why are you withdrawing it?")
    missing = _("Write why you are withdrawing the inquiry.")


class ReviewForm(_TextForm):
    label = _("Why should it be decided anew?")
    missing = _("Write why the inquiry should be decided anew.")


class ExportForm(Form):
    """What a file of the queue's list is to be."""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    file_format = forms.ChoiceField(
        label=_("Kind of file"),
        choices=Export.Format.choices,
        initial=Export.Format.XLSX,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose a kind of file.")),
    )
    with_personal = forms.BooleanField(
        label=_("With names, ID numbers and mobiles"),
        required=False,
        help_text=_("Only if your work needs them: the file leaves the portal."),
    )

    def __init__(self, *args: Any, may_export_personal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_export_personal:
            del self.fields["with_personal"]


class _OfficerField(forms.ModelChoiceField):
    def label_from_instance(self, officer: User) -> str:
        return officer.get_short_name()


class AssignForm(VersionForm):
    officer = _OfficerField(
        label=_("Officer"),
        queryset=User.objects.none(),
        error_messages={
            "required": _("Choose an officer."),
            "invalid_choice": _("This account may not work on inquiries. Choose another."),
        },
    )

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        """Offer the officers of a team; those of another are refused by the action."""
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["officer"])
        field.queryset = officers({team.pk} if team else ())


class TransferForm(NoteForm):
    """The team to which an inquiry is passed, and a note for it."""

    label = _("What the other team has to know; the applicant never sees it")
    missing = _("Write why the other team gets it.")

    team = RowField(
        label=_("Team"),
        read=several_teams,
        key="slug",
        label_of=isolated,
        empty_label="---------",
        error_messages={
            "required": _("Choose a team."),
            "invalid_choice": _("There is no such team. Choose from the list."),
        },
    )
    field_order = ["team", "text"]

    def __init__(self, *args: Any, passed_by: Team | None = None, **kwargs: Any) -> None:
        """Leave out the team that has the inquiry."""
        super().__init__(*args, **kwargs)
        field = cast(RowField, self.fields["team"])
        field.rows = [each for each in field.rows if each != passed_by]


def officers(teams: Collection[int] = ()) -> QuerySet[User]:
    """Return the staff users who may work on inquiries, in one of these teams or in none."""
    may_triage = ModelBackend().with_perm("requests_app.triage_inquiry").filter(is_staff=True)
    if outside := outside_of(teams):
        may_triage = may_triage.exclude(pk__in=outside)
    return may_triage.select_related("identity").order_by("username")
