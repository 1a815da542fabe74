"""How the pages look on one device: colours, contrast and size of the text, kept in a cookie."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

COOKIE = "look"
_YEAR_SECONDS = 365 * 24 * 60 * 60


class LookForm(forms.Form):
    """Of each choice, the first stands for not having chosen."""

    colours = forms.ChoiceField(
        label=_("Colours"),
        choices=[("device", _("Same as this device")), ("light", _("Light")), ("dark", _("Dark"))],
        widget=forms.RadioSelect,
    )
    contrast = forms.ChoiceField(
        label=_("Contrast"),
        choices=[("device", _("Same as this device")), ("strong", _("Strong"))],
        widget=forms.RadioSelect,
    )
    text = forms.ChoiceField(
        label=_("Text size"),
        choices=[("normal", _("Normal")), ("large", _("Large")), ("largest", _("Very large"))],
        widget=forms.RadioSelect,
    )


def look_of(request):
    """What has been chosen on this device, by field; what a cookie has wrong is not chosen."""
    fields = LookForm.base_fields
    chosen = request.COOKIES.get(COOKIE, "").split(".")
    chosen += [""] * len(fields)
    return {
        name: value if field.valid_value(value) else field.choices[0][0]
        for (name, field), value in zip(fields.items(), chosen, strict=False)
    }


def keep_look(response, look):
    response.set_cookie(
        COOKIE,
        ".".join(look[name] for name in LookForm.base_fields),
        max_age=_YEAR_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
