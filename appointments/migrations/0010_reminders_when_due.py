"""Reminders are written when they are due: take over those that wait in the outbox."""

from datetime import timedelta

from django.db import migrations
from django.db.models import F


def take_over(apps, _schema_editor):
    Appointment = apps.get_model("appointments", "Appointment")
    Message = apps.get_model("messaging", "Message")
    # All other messages are due when they are written, or wait for another try.
    later = Message.objects.filter(
        status="waiting", attempts=0, next_attempt_at__gt=F("created_at") + timedelta(minutes=1)
    ).exclude(about="")
    # The first that is due is the last to be set.
    for about, due in later.values_list("about", "next_attempt_at").order_by("-next_attempt_at"):
        confirmed = Appointment.objects.filter(reference=about, status="confirmed")
        if confirmed.update(remind_at=due):
            later.filter(about=about, next_attempt_at=due).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("appointments", "0009_rights"),
        ("messaging", "0005_notices_of_an_occasion"),
    ]

    operations = [migrations.RunPython(take_over, migrations.RunPython.noop)]
