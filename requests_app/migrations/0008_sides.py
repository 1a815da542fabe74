from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('requests_app', '0007_successors'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='attachment',
            name='by_successor',
        ),
        migrations.RemoveField(
            model_name='reply',
            name='by_successor',
        ),
        migrations.RemoveField(
            model_name='inquiry',
            name='passed_on_at',
        ),
        migrations.AddField(
            model_name='inquiry',
            name='passed_on_to',
            field=models.JSONField(default=list, help_text='the keys of the successors who were told that it is theirs now'),
        ),
        migrations.AddConstraint(
            model_name='attachment',
            constraint=models.UniqueConstraint(condition=models.Q(('successor', None)), fields=('inquiry', 'document_type', 'sha256'), name='attachment_once'),
        ),
        migrations.AddConstraint(
            model_name='attachment',
            constraint=models.UniqueConstraint(fields=('inquiry', 'document_type', 'sha256', 'successor'), name='attachment_once_each'),
        ),
    ]
