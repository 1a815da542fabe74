"""Labels for kinds, nationalities and ways in what is said about a service."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from core.catalogue.models import Service, Way
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


def ways_in_words(service: Service) -> str:
    """Return who may file and book the service, for example "the employer or the guardian"."""
    *others, last = (str(way.label) for way in Way if way in service.through)
    if not others:
        return last
    first = pgettext("between alternatives", ", ").join(others)
    return first + pgettext("before the last of alternatives", " or ") + last
