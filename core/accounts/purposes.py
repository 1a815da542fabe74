"""What one-time codes are for: each purpose is registered by the app that owns it."""

from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

_registered: dict[str, bool] = {}


def register(name: str, *, by_mail: bool = False) -> str:
    """Let codes be sent for the purpose `name`, as the text or the mail `code_<name>`.

    The name stands in the table of codes, so it has at most 30 characters and never changes.
    ImproperlyConfigured where it is taken.
    """
    if name in _registered:
        raise ImproperlyConfigured(f"the purpose {name} of one-time codes is registered already")
    _registered[name] = by_mail
    return name


def registered() -> list[str]:
    return sorted(_registered)


def is_sent_by_mail(name: str) -> bool:
    return _registered[name]


def check_texts(**_kwargs: object) -> list[checks.CheckMessage]:
    """Report each purpose whose code could not be sent, because its text is missing."""
    return [
        checks.Error(f"There is no text {path} for the code's purpose {name}.", id="tawasul.E001")
        for name, by_mail in _registered.items()
        for path in [f"messages/{'mails/' if by_mail else ''}code_{name}.txt"]
        if not _exists(path)
    ]


def _exists(path: str) -> bool:
    try:
        get_template(path)
    except TemplateDoesNotExist:
        return False
    return True


SIGN_IN = register("sign_in")
REGISTER = register("register")
RESET = register("reset")
MOBILE = register("mobile")
EMAIL = register("email", by_mail=True)
PICTURE = register("picture")
