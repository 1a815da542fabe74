"""The forms of the people's pages on the staff site."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.accounts.forms import FindPersonForm
from core.forms import Form
from core.text import TextField

MAX_REASON = 500  # characters


class FindAnybodyForm(FindPersonForm):
    """A search among everybody in the registry."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on
        self.fields["words"].help_text = _(
            "The whole number, or names: the beginning of each is enough."
        )


class ReasonForm(Form):
    reason = TextField(
        label=_("Why do you open this page?"),
        help_text=_("Your reason is kept, with your name and the time."),
        max_length=MAX_REASON,
        multiline=True,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        error_messages={
            "required": _("Write why you open this page."),
            "max_length": _("This text has %(show_value)d characters. Shorten it to 500."),
        },
    )
