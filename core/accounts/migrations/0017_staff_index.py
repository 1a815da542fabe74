from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0016_lock_stripes")]

    operations = [
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("is_staff", True)), fields=["username"], name="user_staff"
            ),
        ),
    ]
