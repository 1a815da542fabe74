"""Rename Turnstile to LockStripe, and leave the purposes of codes to the apps that own them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_codes_for_the_mobile_of_an_inquiry")]

    operations = [
        migrations.RenameModel("Turnstile", "LockStripe"),
        migrations.AlterField("onetimecode", "purpose", models.CharField(max_length=30)),
    ]
