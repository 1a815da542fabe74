"""The purposes of one-time codes, each registered by the app that owns it."""

from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

MAX_NAME_LENGTH = 30

_registered: dict[str, bool] = {}
_by_app: set[str] = set()


def register(name: str, *, by_mail: bool = False, by_app: bool = False) -> str:
    """Register the purpose `name`, whose codes are sent as the text or mail `code_<name>`.

    Those `by_app` are shown by the authenticator app alone, and have no text. The name is stored
    with each code, so it never changes. Raises ImproperlyConfigured if it is taken or longer than
    the column.
    """
    if len(name) > MAX_NAME_LENGTH:
        raise ImproperlyConfigured(
            f"the purpose {name} of one-time codes is longer than {MAX_NAME_LENGTH} characters"
        )
    if name in _registered:
        raise ImproperlyConfigured(f"the purpose {name} of one-time codes is registered already")
    _registered[name] = by_mail
    if by_app:
        _by_app.add(name)
    return name


def registered() -> list[str]:
    return sorted(_registered)


def is_sent_by_mail(name: str) -> bool:
    return _registered[name]


def check_texts(**_kwargs: object) -> list[checks.CheckMessage]:
    """Report each purpose without a text, because its codes could not be sent."""
    return [
        checks.Error(f"There is no text {path} for the code's purpose {name}.", id="tawasul.E001")
        for name, by_mail in _registered.items()
        if name not in _by_app
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
AUTHENTICATOR = register("authenticator", by_app=True)

# Visitors type the mobile for these, and nothing says whose it is.
TO_TYPED_MOBILES = (PICTURE,)
