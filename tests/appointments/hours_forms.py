"""Valid data for the admin forms of offices, opening hours and closures."""

from tests.appointments import places
from tests.appointments.places import MONDAY, WORKING_DAYS

STAFF = "/en/staff/appointments/"
OFFICES, HOURS, CLOSURES = f"{STAFF}office/", f"{STAFF}openingwindow/", f"{STAFF}closure/"


def office_form(**changes):
    texts = {"name": "Olaya", "city": "Riyadh"}
    both = {f"{text}_{language}": name for text, name in texts.items() for language in ("ar", "en")}
    return {"region": places.region().pk, "slug": "olaya", "is_active": "on", **both, **changes}


def hours_form(office, **changes):
    return {
        "office": office.pk,
        "weekdays": WORKING_DAYS,
        "opens": "08:00",
        "closes": "15:00",
        "season": "always",
        "slot_minutes": "15",
        "capacity": "4",
        **changes,
    }


def closure_form(**changes):
    texts = {"reason_ar": "صيانة", "reason_en": "Maintenance"}
    return {"first_day": MONDAY, "last_day": MONDAY, **texts, **changes}


def is_saved(response):
    return response.status_code == 302
