from django.db import migrations

from core.search import searchable

INDEX = """
CREATE INDEX requests_app_inquiry_search ON requests_app_inquiry
USING gin (array_to_tsvector(string_to_array(search_text, ' ')))
"""


def send_what_was_filed(apps, schema_editor):
    """Documents of inquiries filed before `sent_at` existed went with them."""
    inquiries = apps.get_model("requests_app", "Inquiry").objects.exclude(status="draft")
    for inquiry in inquiries.select_related("beneficiary").iterator():
        inquiry.attachments.update(sent_at=inquiry.submitted_at)
        inquiry.search_text = searchable(
            inquiry.reference,
            inquiry.id_number,
            str(inquiry.mobile).lstrip("+"),
            inquiry.mobile.as_national.replace(" ", ""),
            inquiry.name,
            inquiry.beneficiary.name_ar,
            inquiry.beneficiary.name_en,
            inquiry.description,
        )
        inquiry.save(update_fields=["search_text"])


def add_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(INDEX, params=None)


def remove_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX requests_app_inquiry_search", params=None)


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0002_inquiries_followed_to_their_end")]

    operations = [
        migrations.RunPython(add_index, remove_index),
        migrations.RunPython(send_what_was_filed, migrations.RunPython.noop),
    ]
