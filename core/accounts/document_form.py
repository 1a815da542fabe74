"""The form for the document that staff have seen of a person at the counter."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Recovery
from core.forms import ChoiceForm
from core.text import TextField, bare_digits

_FOUR = re.compile(r"[0-9A-Z]{4}")


class DocumentForm(ChoiceForm):
    """The document that the clerk has seen."""

    document = forms.ChoiceField(
        label=_("Document you have seen"),
        choices=[("", _("Choose a document")), *Recovery.Document.choices],
        error_messages={
            "required": _("Choose the document that you have seen."),
            "invalid_choice": _("Choose one of these documents."),
        },
    )
    document_end = TextField(
        label=_("Last four digits or letters of its number"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "dir": "ltr"}),
        error_messages={"required": _("Enter the end of the document's number.")},
    )

    def clean_document_end(self) -> str:
        end = bare_digits(self.cleaned_data["document_end"]).upper()
        if not _FOUR.fullmatch(end):
            raise forms.ValidationError(
                _("Enter the last four digits or Latin letters of the number, and no more.")
            )
        return end
