"""Require what the migration before has filled, and limit the entries on the waiting list."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

PROTECT = django.db.models.deletion.PROTECT


def to(model, **options):
    return models.ForeignKey(model, on_delete=PROTECT, **options)


class Migration(migrations.Migration):
    dependencies = [("appointments", "0006_fill_waiting")]

    operations = [
        migrations.AlterField("waiting", "user", to(settings.AUTH_USER_MODEL, related_name="waitings")),
        migrations.AlterField("waiting", "holder", to("accounts.identity", related_name="+")),
        migrations.AlterField(
            "waiting",
            "attendee",
            to("accounts.identity", related_name="waitings", verbose_name="attendee"),
        ),
        migrations.AlterField("waiting", "service", to("catalogue.service", verbose_name="service")),
        migrations.AlterField(
            "waiting", "region", to("catalogue.region", related_name="+", verbose_name="region")
        ),
        migrations.AlterField("offer", "waiting", to("appointments.waiting", related_name="offers")),
        migrations.AddConstraint(
            "waiting",
            models.UniqueConstraint(
                fields=["attendee", "service"],
                condition=Q(ended_at=None, before__isnull=False),
                name="waiting_once",
            ),
        ),
        migrations.AddConstraint(
            "waiting",
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(ended_at=None), name="waiting_once_each"
            ),
        ),
        migrations.AddIndex(
            "waiting",
            models.Index(
                fields=["region", "before"], condition=Q(ended_at=None), name="waiting_in_region"
            ),
        ),
        migrations.RemoveConstraint("offer", "offer_one_open"),
        migrations.AddConstraint(
            "offer",
            models.UniqueConstraint(
                fields=["waiting"], condition=Q(status="open"), name="offer_one_open"
            ),
        ),
        migrations.AddConstraint(
            "offer",
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(status="open"), name="offer_one_open_each"
            ),
        ),
    ]
