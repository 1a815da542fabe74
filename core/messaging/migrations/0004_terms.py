"""Names of columns that the trade uses: status, idempotency_key, is_encrypted.

An index whose condition names a renamed column is dropped before it and made again after it: Django
does not follow a rename into conditions, and SQLite would rebuild the table with the old name.
"""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("messaging", "0003_owners")]

    operations = [
        migrations.RemoveIndex("message", "message_waiting"),
        migrations.RemoveIndex("message", "message_waiting_of"),
        migrations.RenameField("message", "state", "status"),
        migrations.RenameField("message", "key", "idempotency_key"),
        migrations.RenameField("message", "is_sealed", "is_encrypted"),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["-is_encrypted", "next_attempt_at", "id"],
                name="message_waiting",
                condition=Q(status="waiting"),
            ),
        ),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["owner"], name="message_waiting_of", condition=Q(status="waiting")
            ),
        ),
    ]
