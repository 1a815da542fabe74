"""The admin forms of offices, opening hours, closures and holidays, with valid data."""

from tests.appointments import places
from tests.appointments.places import MONDAY, WORKING_DAYS

STAFF = "/en/staff/appointments/"
OFFICES, HOURS, CLOSURES = f"{STAFF}office/", f"{STAFF}openingwindow/", f"{STAFF}closure/"
HOLIDAY = "/en/staff/catalogue/holiday/add/"
REASONS = {"reason_ar": "صيانة", "reason_en": "Maintenance"}


def office_form(**changes):
    texts = {"name": "Olaya", "short_name": "Olaya, Riyadh", "city": "Riyadh"}
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
        "kept_for_walk_ins": "0",
        **changes,
    }


def closure_form(**changes):
    return {"first_day": MONDAY, "last_day": MONDAY, **REASONS, **changes}


def holiday_form():
    return {"day": MONDAY, "name_ar": "اليوم الوطني", "name_en": "National Day"}


def is_saved(response):
    return response.status_code == 302
