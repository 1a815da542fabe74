"""Reserve places for the waiting list, and let people without an appointment wait.

The new columns of the waiting list are empty until the next migration has filled them.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

PROTECT = django.db.models.deletion.PROTECT


def to(model, **options):
    return models.ForeignKey(model, on_delete=PROTECT, null=True, **options)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_terms"),
        ("catalogue", "0004_regions"),
        ("appointments", "0004_terms"),
    ]

    operations = [
        migrations.RemoveConstraint("slot", "slot_never_oversold"),
        migrations.RemoveIndex("slot", "slot_came_free"),
        migrations.RemoveField("slot", "came_free_at"),
        migrations.AddField(
            "slot", "reserved", models.PositiveSmallIntegerField(default=0)
        ),
        migrations.AddField("slot", "reserved_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "slot",
            models.Index(fields=["start"], name="slot_reserved", condition=Q(reserved__gt=0)),
        ),
        migrations.AddConstraint(
            "slot",
            models.CheckConstraint(
                name="slot_never_oversold",
                condition=Q(
                    taken__gte=0, reserved__gte=0, capacity__gte=F("taken") + F("reserved")
                ),
            ),
        ),
        migrations.RemoveConstraint("waiting", "waiting_once"),
        migrations.AddField("waiting", "user", to(settings.AUTH_USER_MODEL, related_name="waitings")),
        migrations.AddField("waiting", "holder", to("accounts.identity", related_name="+")),
        migrations.AddField("waiting", "attendee", to("accounts.identity", related_name="waitings")),
        migrations.AddField("waiting", "service", to("catalogue.service")),
        migrations.AddField("waiting", "region", to("catalogue.region", related_name="+")),
        migrations.AddField(
            "waiting", "operations", models.PositiveSmallIntegerField("operations", default=1)
        ),
        migrations.AddField("waiting", "before", models.DateTimeField(null=True)),
        migrations.AlterField(
            "waiting", "appointment", to("appointments.appointment", related_name="waitings")
        ),
        migrations.AddField("offer", "waiting", to("appointments.waiting", related_name="offers")),
        migrations.AlterField(
            "offer", "appointment", to("appointments.appointment", related_name="offers")
        ),
    ]
