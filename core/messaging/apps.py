from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from core.messaging.gateways import gateway_of


class MessagingConfig(AppConfig):
    name = "core.messaging"
    label = "messaging"
    verbose_name = _("Messages")

    def ready(self) -> None:
        for channel in ("sms", "email"):
            try:
                gateway_of(channel)
            except ImportError as error:
                setting = {"sms": "SMS_GATEWAY", "email": "MAIL_GATEWAY"}[channel]
                raise ImproperlyConfigured(f"{setting} cannot be used: {error}") from error
