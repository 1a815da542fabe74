"""Reminders of returns are written when they are due: take over those that wait in the outbox."""

from datetime import timedelta

from django.db import migrations
from django.db.models import F


def take_over(apps, _schema_editor):
    Inquiry = apps.get_model("requests_app", "Inquiry")
    Message = apps.get_model("messaging", "Message")
    # All other messages are due when they are written, or wait for another try.
    later = Message.objects.filter(
        status="waiting", attempts=0, next_attempt_at__gt=F("created_at") + timedelta(minutes=1)
    ).exclude(about="")
    for about, due in later.values_list("about", "next_attempt_at").order_by("-next_attempt_at"):
        returned = Inquiry.objects.filter(reference=about, status="returned_to_applicant")
        if returned.update(remind_at=due):
            later.filter(about=about, next_attempt_at=due).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0005_rights"),
        ("messaging", "0005_notices_of_an_occasion"),
    ]

    operations = [migrations.RunPython(take_over, migrations.RunPython.noop)]
