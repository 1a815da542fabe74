"""The beneficiary of an inquiry as officers read them."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.template_filters import isolated
from requests_app.models import Inquiry


def beneficiary_of(inquiry: Inquiry) -> SafeString:
    """Return the name in the registry, in the language of the page.

    Beside it stands the name that the inquiry was filed with, if the registry has another by now.
    """
    name = isolated(inquiry.beneficiary.name)
    if inquiry.is_named_as_registered:
        return name
    filed_with = format_html(_("in the inquiry: {}"), isolated(inquiry.name))
    return format_html('{} <span class="hint">({})</span>', name, filed_with)
