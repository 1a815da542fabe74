"""Display settings of one device: colours, contrast and text size, stored in a cookie."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers, set_response_etag
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.idle import passive
from core.cookies import read_cookie, set_cookie
from core.forms import Form
from core.http import safe_target, unless_known
from core.methods import takes_form

COOKIE = "look"
_YEAR_SECONDS = 365 * 24 * 60 * 60


_CHOOSE = dict.fromkeys(
    ("required", "invalid_choice"), gettext_lazy("Choose one of the settings on this page.")
)


class AppearanceForm(Form):
    """The display settings; the first choice of each field is its default."""

    colours = forms.ChoiceField(
        label=gettext_lazy("Colours"),
        choices=[
            ("device", gettext_lazy("Same as this device")),
            ("light", gettext_lazy("Light")),
            ("dark", gettext_lazy("Dark")),
        ],
        widget=forms.RadioSelect,
        error_messages=_CHOOSE,
    )
    contrast = forms.ChoiceField(
        label=gettext_lazy("Contrast"),
        choices=[
            ("device", gettext_lazy("Same as this device")),
            ("strong", gettext_lazy("Strong")),
        ],
        widget=forms.RadioSelect,
        error_messages=_CHOOSE,
    )
    text = forms.ChoiceField(
        label=gettext_lazy("Text size"),
        choices=[
            ("normal", gettext_lazy("Normal")),
            ("large", gettext_lazy("Large")),
            ("largest", gettext_lazy("Very large")),
        ],
        widget=forms.RadioSelect,
        error_messages=_CHOOSE,
    )


def appearance_of(request: HttpRequest) -> dict[str, str]:
    """Return the settings in the cookie, by field, with the default for an invalid value."""
    fields: dict[str, Any] = AppearanceForm.base_fields
    chosen = read_cookie(request, COOKIE).split(".")
    chosen += [""] * len(fields)
    return {
        name: value if field.valid_value(value) else field.choices[0][0]
        for (name, field), value in zip(fields.items(), chosen, strict=False)
    }


def sheets_of(look: dict[str, str]) -> list[tuple[str, str]]:
    """Return the sheets that show these settings over all others, with the media of each.

    Paper is never dark.
    """
    colours = {
        "device": ("dark", "screen and (prefers-color-scheme: dark)"),
        "light": ("tokens", "screen"),
        "dark": ("dark", "screen"),
    }
    contrast = {"device": "(prefers-contrast: more)", "strong": "all"}
    sheets = [colours[look["colours"]], ("contrast", contrast[look["contrast"]])]
    if look["text"] != "normal":
        sheets.append((f"text_{look['text']}", "screen"))
    return [(f"css/{name}.css", media) for name, media in sheets]


@passive
def look_sheet(request: HttpRequest) -> HttpResponse:
    """Return the sheet of this device's settings, for public pages in browsers without scripts.

    What the device decides by itself stands in the sheet of the page.
    """
    sheets = sheets_of(appearance_of(request)) if read_cookie(request, COOKIE) else []
    rules = [f'@import "{static(name)}" {media};\n' for name, media in sheets]
    css = "".join(["/* What has been chosen for this device. */\n", *rules])
    response = HttpResponse(css, content_type="text/css; charset=utf-8")
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie"])
    set_response_etag(response)
    return unless_known(request, response)


def remember_appearance(response: HttpResponse, look: dict[str, str]) -> None:
    value = ".".join(look[name] for name in AppearanceForm.base_fields)
    # static/js/look.js reads it on public pages.
    set_cookie(response, COOKIE, value, _YEAR_SECONDS, for_scripts=True)


@takes_form
def display(request: HttpRequest) -> HttpResponse:
    """Show and save the display settings of this device."""
    form = AppearanceForm(request.POST or None, initial=appearance_of(request))
    page = safe_target(request, reverse("portal:home"))
    if form.is_valid():
        response = redirect(f"{request.path}?{urlencode({'next': page})}")
        remember_appearance(response, form.cleaned_data)
        messages.success(request, _("Saved. This is how pages look on this device from now on."))
        return response
    return render(request, "portal/display.html", {"form": form, "next": page})
