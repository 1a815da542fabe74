from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core import append_only


class RequestsConfig(AppConfig):
    name = "requests_app"
    verbose_name = _("Inquiries")

    def ready(self) -> None:
        append_only.protect(self.get_model("InquiryEvent"))
