"""Fill the new columns of the waiting list, and give each offer its entry there."""

from django.db import migrations


def fill(apps, _schema_editor):
    Waiting = apps.get_model("appointments", "Waiting")
    Offer = apps.get_model("appointments", "Offer")
    for waiting in Waiting.objects.select_related("appointment__slot__office"):
        _fill_from_appointment(waiting, waiting.appointment)
        waiting.before = waiting.appointment.slot.start
        waiting.save()
    # Who has been displaced was not on the list; now they are until they have been told.
    for offer in Offer.objects.select_related("appointment__slot__office"):
        before = Waiting.objects.filter(
            appointment=offer.appointment, since__lte=offer.created_at, before__isnull=False
        )
        offer.waiting = before.order_by("-pk").first()
        if offer.waiting is None:
            offer.waiting = Waiting(
                appointment=offer.appointment, since=offer.created_at, ended_at=offer.created_at
            )
            _fill_from_appointment(offer.waiting, offer.appointment)
            offer.waiting.save()
        offer.save(update_fields=["waiting"])


def _fill_from_appointment(waiting, appointment):
    for name in ("user_id", "holder_id", "attendee_id", "service_id", "operations"):
        setattr(waiting, name, getattr(appointment, name))
    waiting.region_id = appointment.slot.office.region_id


class Migration(migrations.Migration):
    dependencies = [("appointments", "0005_reserved_places")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
