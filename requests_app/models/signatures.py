"""What a digital signature of a document is told as."""

from datetime import datetime
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_app.cleaned import Signature

_KINDS = {
    "signature": _("Signed by"),
    "certification": _("Certified by"),
    "time_stamp": _("Time stamp of"),
}
_CLOCKS = {
    "signer": _("by the signer's own clock"),
    "time_stamp": _("by a time stamp"),
}


class Verdict(NamedTuple):
    """In short, in a sentence, and the class of its tag."""

    label: Promise
    sentence: Promise
    tag: str


_UNCHECKED = Verdict(
    _("could not be checked"),
    _("The signature is damaged, or of a kind that the portal does not know."),
    "held",
)
_BROKEN = Verdict(
    _("not intact"), _("The file holds something else than what was signed."), "rejected"
)
# What an intact signature says of the file, by what the file holds beside what was signed.
_INTACT = {
    "nothing": Verdict(_("intact"), _("Nothing was added afterwards."), "approved"),
    "allowed": Verdict(
        _("intact"),
        _(
            "Afterwards only what it permits was added, such as another signature or a field that "
            "was filled in."
        ),
        "approved",
    ),
    "changed": Verdict(
        _("changed afterwards"), _("The pages may show what was not signed."), "rejected"
    ),
    "parts": Verdict(_("of a part only"), _("It covers only a part of the file."), "rejected"),
}
_CHAINS = {
    "known": _("The certificate comes from a known authority."),
    "unknown": _(
        "The certificate comes from no known authority: anybody can make one in this name."
    ),
    "not_valid": _("The certificate comes from a known authority, but was not valid at that time."),
}


class CheckedSignature(Signature):
    """A digital signature as officers read of it."""

    @property
    def is_sound(self) -> bool:
        """Return whether the pages are what was signed, by whomever."""
        return self.state == "intact" and self.later in ("nothing", "allowed")

    @property
    def label(self) -> Promise:
        return _KINDS[self.kind]

    @property
    def at(self) -> datetime | None:
        return datetime.fromisoformat(self.signed_at) if self.signed_at else None

    @property
    def clock(self) -> Promise | str:
        return _CLOCKS.get(self.told_by, "")

    @property
    def verdict(self) -> Verdict:
        if self.state == "intact":
            return _INTACT[self.later]
        return _BROKEN if self.state == "broken" else _UNCHECKED

    @property
    def tag(self) -> str:
        """Return the class of the verdict's tag, which is a warning if nobody vouches for it."""
        return "held" if self.is_sound and self.chain != "known" else self.verdict.tag

    @property
    def authority(self) -> Promise | str:
        return _CHAINS.get(self.chain, "")
