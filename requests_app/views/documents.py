"""The documents of an inquiry: adding, ordering, removing, previewing and downloading them."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpResponse

from core.accounts.access import SignedInRequest, get_visible, resident_required
from core.catalogue.models import DocumentType
from core.exceptions import RuleViolation
from requests_app import actions
from requests_app.downloads import download, opened, preview
from requests_app.forms import DocumentsForm
from requests_app.models import Attachment, Inquiry
from requests_app.uploads import RETRY_AFTER_SECONDS
from requests_app.views.access import get_inquiry_for

# The name of each button beside a document; its value is the pk of the document.
_BUTTONS = {"remove": actions.remove, "up": actions.move_up}


class AskedDocument(NamedTuple):
    """A document type on the page of the documents, and what has been added of it."""

    document_type: DocumentType
    is_required: bool
    is_open: bool  # whether more can be added: the service may have other types by now
    attachments: list[Attachment]
    errors: list[str]

    @property
    def id(self) -> str:
        """The id of its field; the one with errors has that to which their summary leads."""
        return "id_files" if self.errors else f"id_files_{self.document_type.slug}"

    @property
    def described_by(self) -> str:
        shows = f" {self.id}_shows" if self.document_type.must_show else ""
        return f"{self.id}_name{shows} limits"

    @property
    def is_there(self) -> bool:
        return any(each.is_kept for each in self.attachments)


def asked_documents(
    form: DocumentsForm, inquiry: Inquiry, attachments: Iterable[Attachment]
) -> list[AskedDocument]:
    """Return the types that the inquiry takes or has, the required ones first."""
    added: dict[DocumentType, list[Attachment]] = {}
    for each in attachments:
        added.setdefault(each.document_type, []).append(each)
    taken = list(form.fields["document_type"].rows)
    required = inquiry.service.documents.all()
    refused = [str(error) for error in form.errors.get("files", [])]
    sent = form.cleaned_data.get("document_type") if form.is_bound else None
    asked = [
        AskedDocument(
            document_type=each,
            is_required=each in required,
            is_open=each in taken,
            attachments=added.get(each, []),
            errors=refused if each == sent else [],
        )
        for each in dict.fromkeys([*taken, *added])
    ]
    return sorted(asked, key=lambda each: not each.is_required)


def attach_all(request: SignedInRequest, inquiry: Inquiry, form: DocumentsForm) -> bool:
    """Add every acceptable file, put the errors on the form, and return whether it has none."""
    if form.cleaned_data["files"]:
        try:
            attached = actions.attach(
                actor=request.user,
                inquiry=inquiry,
                document_type=form.cleaned_data["document_type"],
                uploads=form.cleaned_data["files"],
            )
        except RuleViolation as violation:
            for refused in (violation, *violation.also):
                form.add_error("files", ValidationError(refused.message, refused.code))
        else:
            for notice in filter(None, (each.notice for each in attached)):
                messages.info(request, notice)
    return not form.errors


def say_when_to_send_again(form: DocumentsForm, response: HttpResponse) -> HttpResponse:
    """Make the page a 503 if a file was refused only because the decoder was busy."""
    if form.has_error("files", "busy"):
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def press_button(request: SignedInRequest, inquiry: Inquiry) -> bool:
    """Run the action of a button beside a document; return whether one was pressed."""
    for name, act in _BUTTONS.items():
        pk = request.POST.get(name, "")
        if pk.isascii() and pk.isdecimal() and len(pk) < 19:
            try:
                act(actor=request.user, inquiry=inquiry, pk=int(pk))
            except RuleViolation as violation:
                messages.error(request, violation.message)
            return True
    return False


@resident_required  # type: ignore[arg-type]  # a streamed file is no HttpResponse
def document(request: SignedInRequest, reference: str, pk: int) -> FileResponse | HttpResponse:
    return opened(request, _document(request, reference, pk), download)


@resident_required
def document_preview(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    return opened(request, _document(request, reference, pk), preview)


def _document(request: SignedInRequest, reference: str, pk: int) -> Attachment:
    """Return a document of the inquiry that the user may open; raise the same 404 for any other."""
    documents = get_inquiry_for(request.user, reference).documents()
    return get_visible(documents, request.user, "document", reference=reference, pk=pk)
