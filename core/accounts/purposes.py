"""The purposes of one-time codes, each registered by the app that owns it."""

from typing import NamedTuple

from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

MAX_NAME_LENGTH = 30


class _Sending(NamedTuple):
    by_mail: bool
    also_by_mail: bool
    by_app: bool


_registered: dict[str, _Sending] = {}


def register(
    name: str, *, by_mail: bool = False, also_by_mail: bool = False, by_app: bool = False
) -> str:
    """Register the purpose `name`, whose codes are sent as the text or mail `code_<name>`.

    `also_by_mail` is for codes that go to an account's own mobile: while texts are delayed, they go
    to its mail address as well. A code that confirms a mobile never does. Those `by_app` are shown
    by the authenticator app alone, and have no text. The name is stored with each code, so it never
    changes. Raises ImproperlyConfigured if it is taken or longer than the column.
    """
    if len(name) > MAX_NAME_LENGTH:
        raise ImproperlyConfigured(
            f"the purpose {name} of one-time codes is longer than {MAX_NAME_LENGTH} characters"
        )
    if name in _registered:
        raise ImproperlyConfigured(f"the purpose {name} of one-time codes is registered already")
    _registered[name] = _Sending(by_mail, also_by_mail, by_app)
    return name


def registered() -> list[str]:
    return sorted(_registered)


def is_sent_by_mail(name: str) -> bool:
    return _registered[name].by_mail


def is_sent_by_mail_too(name: str) -> bool:
    """Return whether its codes go to the mail address of the account while texts are delayed."""
    return _registered[name].also_by_mail


def check_texts(**_kwargs: object) -> list[checks.CheckMessage]:
    """Report each purpose without a text or a mail, because its codes could not be sent."""
    return [
        checks.Error(f"There is no text {path} for the code's purpose {name}.", id="tawasul.E001")
        for name, sending in _registered.items()
        for path, is_needed in (
            (f"messages/code_{name}.txt", not sending.by_mail and not sending.by_app),
            (f"messages/mails/code_{name}.txt", sending.by_mail or sending.also_by_mail),
        )
        if is_needed and not _exists(path)
    ]


def _exists(path: str) -> bool:
    try:
        get_template(path)
    except TemplateDoesNotExist:
        return False
    return True


SIGN_IN = register("sign_in", also_by_mail=True)
REGISTER = register("register")
RESET = register("reset", also_by_mail=True)
MOBILE = register("mobile")
EMAIL = register("email", by_mail=True)
PICTURE = register("picture")
# To the mobile of the registry, which the account does not have yet.
RECOVER = register("recover")
AUTHENTICATOR = register("authenticator", by_app=True)
# Typed at the screen of a clerk, whose session it is good in.
COUNTER = register("counter")

# Visitors type the mobile for these, and nothing says whose it is.
TO_TYPED_MOBILES = (PICTURE,)
