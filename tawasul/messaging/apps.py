from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from tawasul.messaging.gateways import gateway_of


class MessagingConfig(AppConfig):
    name = "tawasul.messaging"
    label = "messaging"
    verbose_name = _("Messages")

    def ready(self):
        try:
            gateway_of("sms")
        except ImportError as error:
            raise ImproperlyConfigured(f"SMS_GATEWAY cannot be used: {error}") from error
