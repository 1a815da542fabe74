"""Every choice on a form says in its own words how to mend a forged or a missing one."""

from django import forms
from django.urls import get_resolver

from appointments.forms import OfficeChoice
from tawasul.portal.showcase import FieldsForm
from tests.test_access import routes

# The errors of the first are never shown, and the second is on a page for designers.
WITHOUT_SENTENCES = {OfficeChoice, FieldsForm}
FLOORS = ("core", "requests_app", "appointments", "tawasul")
OF_DJANGO = [
    message
    for kind in (
        forms.Field,
        forms.ChoiceField,
        forms.ModelChoiceField,
        forms.ModelMultipleChoiceField,
    )
    for message in kind.default_error_messages.values()
]


def forms_of_portal(form_class=forms.Form):
    for each in form_class.__subclasses__():
        if each.__module__.partition(".")[0] in FLOORS:
            yield each
        yield from forms_of_portal(each)


def test_choices_say_how_to_mend_them():
    list(routes(get_resolver()))  # brings in all views, and with them all forms
    fields = [
        (form, name, field)
        for form in set(forms_of_portal()) - WITHOUT_SENTENCES
        for name, field in form.base_fields.items()
        if isinstance(field, forms.ChoiceField)
    ]
    assert len(fields) > 15
    for form, name, field in fields:
        # A list cannot be anything but one in a form.
        possible = {"invalid_choice", "invalid_pk_value", *(["required"] * field.required)}
        for code in possible & set(field.error_messages):
            assert field.error_messages[code] not in OF_DJANGO, (form, name, code)
