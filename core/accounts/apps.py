from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from core import append_only
from core.accounts import purposes


class AccountsConfig(AppConfig):
    name = "core.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        try:
            import_string(settings.REGISTRY)
        except ImportError as error:
            raise ImproperlyConfigured(f"REGISTRY cannot be used: {error}") from error
        checks.register(purposes.check_texts)
        for name in ("PersonOpening", "StaffEvent", "AccessReview"):
            append_only.protect(self.get_model(name))
