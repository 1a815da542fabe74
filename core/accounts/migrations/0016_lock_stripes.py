from django.db import migrations


def make_stripes(apps, schema_editor):
    """Make every stripe, so that those of one request are locked in one statement."""
    stripes = apps.get_model("accounts.LockStripe").objects
    # As many as `LockStripe` counts, with those of the two budgets.
    stripes.bulk_create(
        [stripes.model(number=number) for number in range(1026)], ignore_conflicts=True
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_staff")]

    operations = [migrations.RunPython(make_stripes, migrations.RunPython.noop)]
