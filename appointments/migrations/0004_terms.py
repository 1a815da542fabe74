"""Rename columns to the usual terms: idempotency_key, status, event_type.

What names a renamed column in its condition is dropped before and made again after, as in messaging.
"""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("appointments", "0003_came_free")]

    operations = [
        migrations.RemoveConstraint("appointment", "appointment_one_live"),
        migrations.RemoveIndex("appointment", "appointment_holds"),
        migrations.RemoveConstraint("offer", "offer_one_open"),
        migrations.RemoveIndex("offer", "offer_open"),
        migrations.RenameField("appointment", "key", "idempotency_key"),
        migrations.RenameField("appointment", "state", "status"),
        migrations.AlterField(
            model_name='appointment',
            name='status',
            field=models.CharField(choices=[('held', 'Not confirmed yet'), ('confirmed', 'Confirmed'), ('checked_in', 'At the office'), ('served', 'Served'), ('cancelled', 'Cancelled'), ('expired', 'Not confirmed in time'), ('no_show', 'Missed'), ('displaced', 'Office closed')], default='held', max_length=12, verbose_name='status'),
        ),
        migrations.RenameField("offer", "state", "status"),
        migrations.RenameField("appointmentevent", "deed", "event_type"),
        migrations.AddIndex(
            "appointment",
            models.Index(
                fields=["expires_at"], name="appointment_holds", condition=Q(status="held")
            ),
        ),
        migrations.AddConstraint(
            "appointment",
            models.UniqueConstraint(
                fields=["attendee", "service"],
                condition=Q(status__in=["held", "confirmed", "checked_in"]),
                name="appointment_one_live",
            ),
        ),
        migrations.AddIndex(
            "offer",
            models.Index(fields=["expires_at"], name="offer_open", condition=Q(status="open")),
        ),
        migrations.AddConstraint(
            "offer",
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(status="open"), name="offer_one_open"
            ),
        ),
    ]
