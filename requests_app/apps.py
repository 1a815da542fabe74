from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core import append_only


class RequestsConfig(AppConfig):
    name = "requests_app"
    verbose_name = _("Inquiries")

    def ready(self) -> None:
        # Registers the purposes of one-time codes before any form asks for one.
        from requests_app import purposes  # noqa: F401

        for name in ("InquiryEvent", "InquiryOpening"):
            append_only.protect(self.get_model(name))
