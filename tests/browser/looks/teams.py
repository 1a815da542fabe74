"""The looks of teams: who keeps them, who sees several, and an inquiry that is passed on."""

from django.core.management import call_command

from core.catalogue.models import Service, Team
from tests.browser.looks import Group, people
from tests.browser.looks.inquiries import submitted, written
from tests.browser.looks.steps import save, send, send_nothing
from tests.browser.looks.tables import ON_ANY_SCREEN, pages_of_model, staff_looks
from tests.conftest import signed_in_staff

TEAMS, QUEUE = "catalogue/team/", "requests_app/inquiry/"
DESK, SERVICE = f"{QUEUE}{{inquiry.pk}}/change/", "catalogue/service/{service.pk}/change/"
MEMBER = "members/{officer.pk}/"


def prepare(language):
    call_command("load_reference", verbosity=0)
    made = [
        Team.objects.create(slug=slug, name_ar=arabic, name_en=english)
        for slug, arabic, english in (
            ("residents", "فريق المقيمين", "Residents"),
            ("documents", "فريق وثائق السفر", "Travel documents"),
            ("idle", "فريق الزيارات", "Visits"),
        )
    ]
    service = Service.objects.get(slug="resident-services")
    Service.objects.filter(pk=service.pk).update(team=made[0])
    resident = people.resident(language)
    waiting, inquiry = (submitted(written(resident, "resident-services")) for _one in range(2))
    supervisor = people.officer("1000000024", "خالد القحطاني", "Khalid Alqahtani", "assign_inquiry")
    officer = people.officer("1000000032", "منى الحربي", "Mona Alharbi")
    officer.teams.set(made[:2])
    return {
        "browsers": {
            "supervisor": signed_in_staff(supervisor),
            "officer": signed_in_staff(officer),
            "chief": signed_in_staff(people.chief()),
            "keeper": signed_in_staff(people.of_group("keeper", "1000000123")),
            "auditor": signed_in_staff(people.of_group("auditor", "1000000131")),
        },
        "inquiry": inquiry,
        "waiting": waiting,
        "officer": officer,
        "service": service,
        "team": made[0],
        "idle": made[2],
        "note": people.ANSWERS[language],
    }


def write_note(visitor, things):
    visitor.fill("What the other team has to know; the applicant never sees it", things["note"])


PASSING = staff_looks(
    "supervisor",
    ("queue-of-teams", QUEUE),
    ("queue-of-a-team", f"{QUEUE}?queue=all&team=residents"),
    ("desk-of-a-team", DESK),
    ("desk-pass-empty", DESK, send_nothing("Pass on")),
    ("desk-passed", DESK, write_note, send("Pass on", team="documents")),
    ("desk-after-it-was-passed", DESK),
    ("workload-of-teams", f"{QUEUE}workload/"),
    **ON_ANY_SCREEN,
)
READING = (
    *staff_looks("officer", ("queue-of-two-teams", QUEUE)),
    *staff_looks("auditor", ("team-only-read", f"{TEAMS}{{team.pk}}/change/")),
    *staff_looks(
        "keeper",
        ("member-in-teams", MEMBER),
        ("member-in-another-team", MEMBER, send("Save", teams="idle")),
        ("review-with-teams", "members/review/"),
        **ON_ANY_SCREEN,
    ),
)
KEEPING = (
    *pages_of_model("team", TEAMS),
    *staff_looks(
        "chief",
        ("service-of-a-team", SERVICE),
        ("team-delete", f"{TEAMS}{{idle.pk}}/delete/"),
        ("team-needed", f"{TEAMS}{{team.pk}}/change/", save),
    ),
)

TEAMS_OF_STAFF = Group("teams", ("en/staff/catalogue/team/",), prepare, (PASSING, READING, KEEPING))
