"""The forms of the staff site for a new mobile at a counter."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.accounts.document_form import DocumentForm
from core.forms import Form
from core.mobiles import MobileField
from core.text import TextField

MAX_REASON = 500  # characters


class NewMobileForm(DocumentForm):
    """A new mobile for somebody at the counter; its key is as in other forms."""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    mobile = MobileField(
        label=_("Mobile that the person has in hand"),
        error_messages={"required": _("Enter a mobile number.")},
    )
    removes_authenticator = forms.BooleanField(
        label=_("Take the authenticator app off as well"),
        help_text=_("If it is lost too. The mobile may then stay as it is."),
        required=False,
    )

    def __init__(self, *args: Any, has_authenticator: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mobile"].widget.attrs["autocomplete"] = "off"
        if not has_authenticator:
            del self.fields["removes_authenticator"]


class RefusalForm(Form):
    reason = TextField(
        label=_("Why is this not to be done?"),
        help_text=_("Your reason is kept, with your name and the time."),
        max_length=MAX_REASON,
        multiline=True,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        error_messages={
            "required": _("Write why this is not to be done."),
            "max_length": _("This text has %(show_value)d characters. Shorten it to 500."),
        },
    )
