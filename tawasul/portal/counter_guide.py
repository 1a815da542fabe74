"""What staff do at a counter: what to ask for, what to do where, and what comes of it."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Case(NamedTuple):
    """A person who comes, in the words of the page."""

    title: Promise
    ask_for: Promise
    do: Promise
    then: Promise


_ANY_DOCUMENT = _("National ID, iqama or passport; of a visitor, the passport.")
_NEXT_LOOK = _(
    "The portal asks the registry at the next sign-in, registration or inquiry; until then the "
    "person's page shows the old data. Nothing has to be changed in the portal."
)
_IN_THE_REGISTRY = _(
    "The portal cannot change the registry. Citizens: send them to Civil Affairs. Residents and "
    "visitors: have it corrected in the registry's own system by residents' affairs at this office."
)

CASES = (
    Case(
        _("The mobile is lost, or has changed"),
        _ANY_DOCUMENT,
        _(
            "Find the person, open their page and choose “Give this account a new mobile”. A "
            "colleague of your office, or a manager of any office, confirms it on their own "
            "screen. Then the person types the code at yours."
        ),
        _(
            "The account has the new mobile and is signed out everywhere. For 72 hours, mobile, "
            "e-mail address and authenticator cannot be changed again, and nothing that was filed "
            "or booked before can be withdrawn, moved or cancelled."
        ),
    ),
    Case(
        _("The authenticator app is lost"),
        _ANY_DOCUMENT,
        _(
            "The same page as for a lost mobile, with “Take the authenticator app off as well”. "
            "The mobile may stay as it is."
        ),
        _("They sign in with a texted code. A new app can be added after 72 hours."),
    ),
    Case(
        _("Something is closed after a new mobile, and cannot wait"),
        _ANY_DOCUMENT,
        _("On the person's page, choose “Open what is closed”."),
        _("All of it is open again. They are told by text, also at the mobile that they had."),
    ),
    Case(
        _("Somebody has objected to a new mobile"),
        _ANY_DOCUMENT,
        _(
            "Whoever stands before you with their own document is the owner. Do the same as for a "
            "lost mobile, with the mobile that they have in hand, be it the old or the new one."
        ),
        _(
            "The objection is decided and the account opens. Its password is not valid any more: "
            "they set a new one, with their ID number, their date of birth and a code."
        ),
    ),
    Case(
        _("No account yet, and no mobile in the registry or an old one"),
        _ANY_DOCUMENT,
        _(
            "On the person's page, choose “Give a mobile to register with”. A second member of "
            "staff confirms it. Then they register with their own phone, within 24 hours."
        ),
        _("Their account has this mobile. The registry keeps what it has; they correct it there."),
    ),
    Case(
        _("They need help with an inquiry"),
        _(
            "National ID, iqama or passport, the mobile of their account, and the documents that "
            "the service asks for."
        ),
        _(
            "On the person's page, choose “Prepare an inquiry” and fill it in with them. They "
            "read it on your screen in their language, and type the code from their mobile "
            "themselves."
        ),
        _(
            "The inquiry is theirs like any other, and says that the office has prepared it. Print "
            "the receipt for them."
        ),
    ),
    Case(
        _("The registry says that they have left the Kingdom, and they have not"),
        _("Passport with the last stamps, and the iqama or the visa."),
        _(
            "The portal cannot change the registry. Have the entry or exit corrected in the "
            "registry's own system by residents' affairs at this office."
        ),
        _NEXT_LOOK,
    ),
    Case(
        _("The registry says that they have died, and they stand before you"),
        _("National ID, iqama or passport, and they have come themselves."),
        _IN_THE_REGISTRY,
        _("The account was closed, not deleted: it opens at the next sign-in."),
    ),
    Case(
        _("Relatives ask about the account of somebody who has died"),
        _("The relative's own ID, and the death certificate."),
        _(
            "Open the person's page with that as the reason, and tell them what has been filed or "
            "booked. Nobody is let into the account."
        ),
        _("The opening of the page is kept, with your reason."),
    ),
    Case(
        _("Data are wrong: a name, a date of birth, a nationality, a link"),
        _("Passport, and what proves it: birth certificate, family record or contract of work."),
        _IN_THE_REGISTRY,
        _NEXT_LOOK,
    ),
    Case(
        _("A visitor"),
        _("Passport, with the border number on the visa or the entry stamp."),
        _(
            "Find them by the border number. They register and get a new mobile as everybody does, "
            "and the passport is the document."
        ),
        _("What they filed or booked stays theirs when they are given an iqama later."),
    ),
    Case(
        _("A minor"),
        _("ID of the guardian, and the family record."),
        _(
            "Nobody under 18 Hijri years has an account. The guardian files and books for them. If "
            "the guardian is not linked to them, it is wrong data, as above."
        ),
        _("The guardian finds the minor among the people they may act for."),
    ),
    Case(
        _("A member of staff"),
        _("Their own ID."),
        _(
            "Not at a counter, as their account opens the staff site. Whoever keeps the accounts "
            "of staff gives them a new authenticator."
        ),
        _("Every change is kept, with who made it."),
    ),
)
