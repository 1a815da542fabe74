from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0006_fill_ways'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='service',
            name='filed_by',
        ),
    ]
