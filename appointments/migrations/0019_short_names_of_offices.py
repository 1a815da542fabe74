import json
from pathlib import Path

from django.db import migrations, models

REFERENCE = Path(__file__).parents[1] / "reference" / "offices.json"
MAX_LENGTH = 30
HELP = 'For texts, lists and the desk: at most 30 letters, and it names the town.'
COMMAS = {"ar": "\u060c", "en": ","}


def short(name, city, comma):
    """Return the name if it fits and names the town, or else the town and the words that fit."""
    if len(name) <= MAX_LENGTH and city in name:
        return name
    both = f"{city}{comma} {name}"
    words = both[: MAX_LENGTH + 1].rsplit(" ", 1)[0] if len(both) > MAX_LENGTH else both
    return words[:MAX_LENGTH]


def fill_short_names(apps, schema_editor):
    """Take those of the reference file; what staff have named gets its town and its name."""
    known = {row["slug"]: row for row in json.loads(REFERENCE.read_text("utf-8"))}
    for office in apps.get_model("appointments", "Office").objects.all():
        row = known.get(office.slug, {})
        for language, comma in COMMAS.items():
            now = [getattr(office, f"{field}_{language}") or "" for field in ("name", "city")]
            is_as_it_came = now == [row.get(f"{field}_{language}") for field in ("name", "city")]
            made = row[f"short_name_{language}"] if is_as_it_came else short(*now, comma)
            setattr(office, f"short_name_{language}", made)
        office.short_name = office.short_name_ar
        office.save(update_fields=["short_name", "short_name_ar", "short_name_en"])


class Migration(migrations.Migration):

    dependencies = [
        ('appointments', '0018_kept_for_walk_ins'),
    ]

    operations = [
        migrations.AddField(
            model_name='office',
            name='short_name',
            field=models.CharField(default='', help_text=HELP, max_length=30, verbose_name='short name'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='office',
            name='short_name_ar',
            field=models.CharField(help_text=HELP, max_length=30, null=True, verbose_name='short name'),
        ),
        migrations.AddField(
            model_name='office',
            name='short_name_en',
            field=models.CharField(help_text=HELP, max_length=30, null=True, verbose_name='short name'),
        ),
        migrations.RunPython(fill_short_names, migrations.RunPython.noop),
    ]
