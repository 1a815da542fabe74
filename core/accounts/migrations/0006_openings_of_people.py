import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


INDEX = """
CREATE INDEX accounts_identity_search ON accounts_identity
USING gin (array_to_tsvector(string_to_array(search_text, ' ')))
"""


def add_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(INDEX, params=None)


def remove_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX accounts_identity_search", params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_search_by_name'),
    ]

    operations = [
        migrations.RunPython(add_index, remove_index),
        migrations.AlterModelOptions(
            name='identity',
            options={'permissions': [('open_person', 'Can open the pages of people on the staff site')], 'verbose_name': 'identity', 'verbose_name_plural': 'identities'},
        ),
        migrations.CreateModel(
            name='PersonOpening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('reason', models.TextField(blank=True, help_text='empty if there was an open case')),
                ('about', models.CharField(blank=True, help_text='the reference of the open case, if there was one', max_length=12)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='openings', to='accounts.identity')),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': "opening of a person's page",
                'verbose_name_plural': "openings of people's pages",
                'indexes': [models.Index(fields=['staff', 'person', '-at'], name='person_opening_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('about', ''), ('reason', ''), _negated=True), name='person_opening_has_a_ground')],
            },
        ),
    ]
