from django.db import migrations, models

from core.search import searchable

BATCH = 2_000  # rows


def fold_names(apps, schema_editor):
    identities = apps.get_model("accounts", "Identity").objects.all()
    changed = []
    for identity in identities.only("name_ar", "name_en").iterator(BATCH):
        identity.search_text = searchable(identity.name_ar, identity.name_en)
        changed.append(identity)
        if len(changed) == BATCH:
            identities.bulk_update(changed, ["search_text"])
            changed.clear()
    identities.bulk_update(changed, ["search_text"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_terms")]

    operations = [
        migrations.AddField(
            "identity",
            "search_text",
            models.TextField(blank=True, editable=False, help_text="the names, folded"),
        ),
        migrations.RunPython(fold_names, migrations.RunPython.noop),
    ]
