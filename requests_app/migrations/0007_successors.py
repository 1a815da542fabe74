import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def name_successors(apps, schema_editor):
    """Name whoever wrote a reply; a document has no author, and is given to the beneficiary."""
    Reply = apps.get_model("requests_app", "Reply")
    User = apps.get_model("accounts", "User")
    author = User.objects.filter(pk=OuterRef("author")).values("identity")
    Reply.objects.filter(by_successor=True).update(successor=Subquery(author))
    Attachment = apps.get_model("requests_app", "Attachment")
    Inquiry = apps.get_model("requests_app", "Inquiry")
    beneficiary = Inquiry.objects.filter(pk=OuterRef("inquiry")).values("beneficiary")
    Attachment.objects.filter(by_successor=True).update(successor=Subquery(beneficiary))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_recoveries'),
        ('requests_app', '0006_reminders_when_due'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='attachment',
            name='attachment_once',
        ),
        migrations.AddField(
            model_name='attachment',
            name='successor',
            field=models.ForeignKey(help_text="to whom the inquiry had passed and who added it; empty on the holder's side", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.identity'),
        ),
        migrations.AddField(
            model_name='reply',
            name='successor',
            field=models.ForeignKey(help_text="to whom the inquiry had passed and who wrote it; empty on the holder's side", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.identity'),
        ),
        migrations.RunPython(name_successors, migrations.RunPython.noop),
    ]
