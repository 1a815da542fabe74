"""Labels for the kinds and nationalities of beneficiaries on the page of a service."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.identity_numbers import IdentityKind

KINDS = {
    IdentityKind.CITIZEN: _("Citizens"),
    IdentityKind.RESIDENT: _("Residents"),
    IdentityKind.VISITOR: _("Visitors"),
    IdentityKind.ESTABLISHMENT: _("Establishments"),
}
# The keys are ISO codes; any other nationality is shown as its code.
NATIONALITIES = {
    "EG": pgettext_lazy("nationality", "Egyptian"),
    "IN": pgettext_lazy("nationality", "Indian"),
    "PH": pgettext_lazy("nationality", "Filipino"),
    "PK": pgettext_lazy("nationality", "Pakistani"),
    "SA": pgettext_lazy("nationality", "Saudi"),
    "SY": pgettext_lazy("nationality", "Syrian"),
    "YE": pgettext_lazy("nationality", "Yemeni"),
}
