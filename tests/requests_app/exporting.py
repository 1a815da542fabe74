"""Exports for the tests: asked for, made by the worker's chore, and read back."""

import csv
import io
import uuid

import openpyxl
from django.core.files.storage import storages

from requests_app import actions
from requests_app.admin import exports as pages
from requests_app.models import Export
from requests_app.storage import PRIVATE
from tawasul.portal.chores import make_exports


def asked(actor, query="queue=all", file_format="csv", **fields):
    """Return an export of what the queue lists to `actor` under the query string, as it waits."""
    fields = {
        "listed": pages._inquiries_of(pages._list_of(actor, query)),
        "filters": "",
        "with_personal": False,
        "language": "en",
        "idempotency_key": uuid.uuid4(),
        **fields,
    }
    return actions.request_export(actor=actor, query=query, file_format=file_format, **fields)


def made(actor, query="queue=all", file_format="csv", **fields):
    """Return an export that the worker has made."""
    export = asked(actor, query, file_format, **fields)
    make_exports()
    return now(export)


def now(export):
    return Export.objects.get(pk=export.pk)


def content_of(export):
    with storages[PRIVATE].open(export.stored_name) as file:
        return file.read()


def lines_in(content, file_format="csv"):
    """Return the lines of a file, the headings first; the cells of CSV are texts."""
    if file_format == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [list(line) for line in sheet.iter_rows(values_only=True)]


def lines_of(export):
    return lines_in(content_of(export), export.file_format)


def references_of(export):
    return [line[0].replace("-", "") for line in lines_of(export)[1:]]


def row_of(export, inquiry):
    """Return the row of the inquiry as {heading: cell}."""
    headings, *lines = lines_of(export)
    rows = {line[0].replace("-", ""): dict(zip(headings, line, strict=True)) for line in lines}
    return rows[inquiry.reference]
