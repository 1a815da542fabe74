"""The code in a picture, which keeps programs out, and the text message for who cannot see it.

The picture and its store are django-simple-captcha's. As shipped, one answer is accepted several
times in parallel: here the row is taken out first, and whoever has taken it out is compared.
"""

import secrets

from captcha.models import CaptchaStore
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts import pending_steps
from core.accounts.models import OneTimeCode
from core.exceptions import RuleViolation
from core.text import bare_digits, clean

LENGTH = 5
FIELD = "picture"
# The buttons that ask for another picture, and for a text: they send the form along with them.
# They stand behind the form's own button, which the Enter key presses.
ANOTHER, BY_TEXT = "another_picture", "picture_by_text"

_PROVEN = "seen_by_text"
_MAX_KEPT = 200  # characters of a field


def reduce_to_four_greys(image):
    """The picture in a fifth of its bytes; nothing that tells the digits is lost."""
    return image.convert("L").quantize(4)


def challenge():
    """What is drawn and what has to be typed, for django-simple-captcha: digits, for any keyboard.

    None that look alike in the picture.
    """
    digits = "".join(secrets.choice("2345678") for _place in range(LENGTH))
    return digits, digits


class _PictureInput(forms.MultiWidget):
    template_name = "forms/visual_code.html"
    use_fieldset = False

    def __init__(self):
        typed = {
            "inputmode": "numeric",
            "autocomplete": "off",
            "dir": "ltr",
            "maxlength": 40,
        }
        super().__init__({"key": forms.HiddenInput(), "": forms.TextInput(typed)})

    def decompress(self, value):
        return ["", ""]

    def get_context(self, name, value, attrs):
        """With the picture that was sent, while it can still be used; else with another."""
        if not _unused(value[0] if value else "").exists():
            value = [CaptchaStore.generate_key(), ""]
        return super().get_context(name, value, attrs)

    def id_for_label(self, id_):
        return f"{id_}_1"


class VisualCodeField(forms.Field):
    """The key of a picture and what somebody saw on it; for `use`, which alone compares them."""

    widget = _PictureInput
    default_error_messages = {
        "required": gettext_lazy("Enter the digits in the picture."),
    }

    def __init__(self):
        super().__init__(label=gettext_lazy("Digits in the picture"))

    def to_python(self, value):
        key, typed = value or ("", "")
        digits = bare_digits(typed or "")
        return [key, digits] if digits else None

    def validate(self, value):
        if value is None:
            raise ValidationError(self.error_messages["required"], code="required")


def is_needed(request):
    """Whether the picture has still to be asked for: a texted code does in its place, once."""
    return pending_steps.get(request, _PROVEN) is None


def prove_by_text(request, code):
    """From here on, a code that was texted stands in place of the next picture."""
    pending_steps.begin(request, _PROVEN, code=str(code.pk))


def use(request, cleaned_data):
    """Use up the picture, or the text in its place. RuleViolation `picture`: it does not count."""
    if FIELD not in cleaned_data:
        # None when its quarter of an hour has ended since the form was made.
        proof = pending_steps.get(request, _PROVEN) or {}
        pending_steps.end(request, _PROVEN)
        taken, _rows = OneTimeCode.objects.filter(pk=proof.get("code")).delete()
        if not taken:
            raise RuleViolation(
                _("The code that was texted has been used. Enter the digits in the picture."),
                code=FIELD,
            )
        return
    key, typed = cleaned_data[FIELD]
    picture = _unused(key).first()
    taken, _rows = _unused(key).delete()
    if not (picture and taken and constant_time_compare(picture.response, typed)):
        raise RuleViolation(
            _("These are not the digits in the picture. Enter those in the new picture."),
            code=FIELD,
        )


def ask_again(request, form):
    """Show a picture on a form that was sent without one, if one is needed by now."""
    if FIELD not in form.fields and is_needed(request):
        form.fields[FIELD] = VisualCodeField()


def as_typed(form):
    """What was sent, as the initial values of a new form: kept, and not checked yet."""
    return {
        name: _cut(field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name)))
        for name, field in form.fields.items()
        if name != FIELD
    }


def _cut(value):
    """Without what is longer than anybody types: it is kept in the session."""
    return [_cut(part) for part in value] if isinstance(value, list) else (value or "")[:_MAX_KEPT]


def forget_old_pictures():
    CaptchaStore.remove_expired()


def _unused(key):
    return CaptchaStore.objects.filter(hashkey=clean(key or ""), expiration__gt=timezone.now())
