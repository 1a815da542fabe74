import json
from pathlib import Path

from django.db import migrations

REFERENCE = Path(__file__).parents[1] / "reference" / "services.json"
WAYS = {
    "anybody": ["oneself", "employer", "host", "guardian"],
    "linked": ["employer", "host", "guardian"],
}
# Of the services of the reference file, these came with `linked`, and the others with `anybody`.
LINKED = {"sponsored-services", "absentee-data-edit", "absconding-cancel"}
TEXTS = ("instead_text_ar", "instead_text_en")


def fill_ways(apps, schema_editor):
    """Take the values of the reference file; where staff had changed who may file, keep it so."""
    services = {each.slug: each for each in apps.get_model("catalogue", "Service").objects.all()}
    known = {row["slug"]: row for row in json.loads(REFERENCE.read_text("utf-8"))["services"]}
    for slug, service in services.items():
        row = known.get(slug, {})
        is_as_it_came = service.filed_by == ("linked" if slug in LINKED else "anybody")
        service.through = WAYS[service.filed_by]
        if row and is_as_it_came:
            service.through = row["through"]
        service.age = row.get("age", "any")
        service.instead = services.get(row.get("instead"))
        if service.instead:
            for text in TEXTS:
                setattr(service, text, row[text])
        service.save(update_fields=["through", "age", "instead", *TEXTS])


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0005_ways'),
    ]

    operations = [
        migrations.RunPython(fill_ways, migrations.RunPython.noop),
    ]
