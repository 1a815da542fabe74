from django.db import migrations, models

HELP = 'the same in the other language, until it is sent'


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0006_outages'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='other_subject',
            field=models.CharField(blank=True, default='', help_text=HELP, max_length=150),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='message',
            name='other_text',
            field=models.TextField(blank=True, default='', help_text=HELP),
            preserve_default=False,
        ),
    ]
