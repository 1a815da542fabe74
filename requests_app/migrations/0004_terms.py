"""Rename columns to the usual terms: idempotency_key, status, event_type."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0003_search")]

    operations = [
        migrations.RenameField("inquiry", "key", "idempotency_key"),
        migrations.RenameField("reply", "key", "idempotency_key"),
        migrations.RenameField("attachment", "state", "status"),
        migrations.RenameField("inquiryevent", "deed", "event_type"),
    ]
