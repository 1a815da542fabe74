import json
from pathlib import Path

from django.db import migrations, models

REFERENCE = Path(__file__).parents[1] / "reference" / "services.json"
MAX_LENGTH = 25
HELP = 'For texts, lists and the desk: at most 25 letters, unlike any other.'


def cut(name):
    """Return the first words of a name that fit, or its cut first word."""
    words = name[: MAX_LENGTH + 1].rsplit(" ", 1)[0] if len(name) > MAX_LENGTH else name
    return words[:MAX_LENGTH]


def fill_short_names(apps, schema_editor):
    """Take those of the reference file; what staff have named gets the beginning of its name."""
    known = {row["slug"]: row for row in json.loads(REFERENCE.read_text("utf-8"))["services"]}
    for service in apps.get_model("catalogue", "Service").objects.all():
        row = known.get(service.slug, {})
        for language in ("ar", "en"):
            name = getattr(service, f"name_{language}") or ""
            is_as_it_came = name == row.get(f"name_{language}")
            short = row[f"short_name_{language}"] if is_as_it_came else cut(name)
            setattr(service, f"short_name_{language}", short)
        service.short_name = service.short_name_ar
        service.save(update_fields=["short_name", "short_name_ar", "short_name_en"])


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0009_what_a_document_must_show'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='service',
            name='service_published_in_both_languages',
        ),
        migrations.AddField(
            model_name='service',
            name='short_name',
            field=models.CharField(blank=True, default='', help_text=HELP, max_length=25, verbose_name='short name'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='service',
            name='short_name_ar',
            field=models.CharField(blank=True, help_text=HELP, max_length=25, null=True, verbose_name='short name'),
        ),
        migrations.AddField(
            model_name='service',
            name='short_name_en',
            field=models.CharField(blank=True, help_text=HELP, max_length=25, null=True, verbose_name='short name'),
        ),
        migrations.RunPython(fill_short_names, migrations.RunPython.noop),
    ]
