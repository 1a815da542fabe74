"""The code in a picture, which keeps programs out, spoken too, and the texted code in its place.

The picture and its store are django-simple-captcha's. As shipped, one answer is accepted several
times in parallel. Here the row is deleted first, and only the request that has deleted it gets its
answer compared.
"""

import secrets
from typing import Any

from captcha.models import CaptchaStore
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL.Image import Image

from core.accounts import pending_steps, spoken_digits
from core.accounts.models import OneTimeCode
from core.exceptions import RuleViolation
from core.text import bare_digits, clean, read_number

LENGTH = 5
FIELD = "picture"
# The names of the buttons for another picture and for a text, which submit the form. They come
# after the form's own button, because the Enter key presses the first.
ANOTHER, BY_TEXT = "another_picture", "picture_by_text"

_PROVEN = "seen_by_text"
_MAX_KEPT = 200  # characters of a field


def reduce_to_four_greys(image: Image) -> Image:
    """Reduce the picture to four greys: a fifth of the bytes, and the digits stay readable."""
    return image.convert("L").quantize(4)


def challenge() -> tuple[str, str]:
    """Return the text to draw and the answer to it, for django-simple-captcha.

    Both are digits, which every keyboard has, without those that look alike in the picture.
    """
    digits = "".join(secrets.choice(spoken_digits.DIGITS) for _place in range(LENGTH))
    return digits, digits


def spoken(key: str, language: str) -> bytes | None:
    """Return a WAV file of the digits in a picture, always the same one; None if it is gone."""
    picture = _unused(key).first()
    if picture is None:
        return None
    seed = salted_hmac("spoken picture", f"{key} {language}", algorithm="sha256").digest()
    return spoken_digits.speak(picture.response, language, seed)


class _PictureInput(forms.MultiWidget):
    template_name = "forms/visual_code.html"
    use_fieldset = False

    def __init__(self) -> None:
        typed = {
            "inputmode": "numeric",
            "autocomplete": "off",
            "dir": "ltr",
        }
        super().__init__({"key": forms.HiddenInput(), "": forms.TextInput(typed)})

    def decompress(self, value: object) -> list[str]:
        return ["", ""]

    def get_context(
        self, name: str, value: list[str] | None, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Keep the picture of the submitted form while it is unused; otherwise add a new one."""
        if not _unused(value[0] if value else "").exists():
            value = [CaptchaStore.generate_key(), ""]
        context = super().get_context(name, value, attrs)
        # These are about what people type, and not allowed on the hidden key.
        for about_typed in ("required", "aria-invalid", "aria-describedby"):
            context["widget"]["subwidgets"][0]["attrs"].pop(about_typed, None)
        return context

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_1"


class VisualCodeField(forms.Field):
    """The key of a picture that is still good, and the digits typed for it.

    Only `use` compares them.
    """

    widget = _PictureInput
    default_error_messages = {
        "required": gettext_lazy("Enter the digits in the picture."),
        "gone": gettext_lazy("This picture has run out. Enter the digits in the new one."),
    }

    def __init__(self) -> None:
        super().__init__(label=gettext_lazy("Digits in the picture"))

    def to_python(self, value: list[str] | None) -> list[str] | None:
        key, typed = value or ("", "")
        digits = bare_digits(read_number(typed))
        return [key, digits] if digits else None

    def validate(self, value: list[str] | None) -> None:
        if value is None:
            raise ValidationError(self.error_messages["required"], code="required")
        if not _unused(value[0]).exists():
            raise ValidationError(self.error_messages["gone"], code="gone")


def is_needed(request: HttpRequest) -> bool:
    """Return whether the form needs the picture; a texted code replaces it once."""
    return pending_steps.get(request, _PROVEN) is None


def prove_by_text(request: HttpRequest, code: OneTimeCode) -> None:
    """Let this texted code, which has been entered, replace the next picture of the session."""
    pending_steps.begin(request, _PROVEN, code=str(code.pk))


def use(request: HttpRequest, cleaned_data: dict[str, Any]) -> None:
    """Use up the picture or the texted code. RuleViolation: `picture` if it is wrong or gone."""
    if FIELD not in cleaned_data:
        # The proof may have expired, after a quarter of an hour, since the form was shown.
        proof = pending_steps.get(request, _PROVEN) or {"code": None}
        pending_steps.end(request, _PROVEN)
        taken, _rows = OneTimeCode.objects.filter(pk=proof["code"]).delete()
        if not taken:
            raise RuleViolation(
                _("The code that was texted has been used. Enter the digits in the picture."),
                code=FIELD,
            )
        return
    key, typed = cleaned_data[FIELD]
    picture = _unused(key).first()
    taken, _rows = _unused(key).delete()
    if not (picture and taken):
        # It ran out a moment ago, or another request was quicker.
        raise RuleViolation(VisualCodeField.default_error_messages["gone"], code=FIELD)
    if not constant_time_compare(picture.response, typed):
        raise RuleViolation(
            _("These are not the digits in the picture. Enter those in the new picture."),
            code=FIELD,
        )


def ask_again(request: HttpRequest, form: forms.Form) -> None:
    """Show a picture on a form that was sent without one, if one is needed by now."""
    if FIELD not in form.fields and is_needed(request):
        form.fields[FIELD] = VisualCodeField()


def as_typed(form: forms.Form) -> dict[str, Any]:
    """Return the submitted values, not validated, as initial values for a new form.

    No password is among them, because they are kept in the session.
    """
    return {
        name: _cut(field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name)))
        for name, field in form.fields.items()
        if name != FIELD and not isinstance(field.widget, forms.PasswordInput)
    }


def _cut(value: list[Any] | str | None) -> list[Any] | str:
    """Cut each text at `_MAX_KEPT` characters, because the values are kept in the session."""
    return [_cut(part) for part in value] if isinstance(value, list) else (value or "")[:_MAX_KEPT]


def forget_old_pictures() -> None:
    CaptchaStore.remove_expired()


def _unused(key: str | None) -> QuerySet[CaptchaStore]:
    return CaptchaStore.objects.filter(hashkey=clean(key or ""), expiration__gt=timezone.now())
