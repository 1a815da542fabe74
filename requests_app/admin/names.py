"""The beneficiary of an inquiry as officers read them."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.template_filters import isolated
from requests_app.models import Inquiry


def beneficiary_of(inquiry: Inquiry) -> SafeString:
    """Return the name in the registry, in the language of the page.

    Beside it stands the name that was typed in the inquiry, if it is spelled like neither of the
    registry's two.
    """
    name = isolated(inquiry.beneficiary.name)
    if inquiry.is_named_as_registered:
        return name
    typed = format_html(_("in the inquiry: {}"), isolated(inquiry.name))
    return format_html('{} <span class="hint">({})</span>', name, typed)
