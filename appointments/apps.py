from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core import append_only


class AppointmentsConfig(AppConfig):
    name = "appointments"
    verbose_name = _("Appointments")

    def ready(self) -> None:
        append_only.protect(self.get_model("AppointmentEvent"))
