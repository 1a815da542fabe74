"""Assigning an inquiry to an officer: who may, and to whom."""

import pytest

from core.exceptions import RuleViolation
from requests_app import actions
from tawasul.portal.actions import add_staff
from tests import factories
from tests.conftest import notices_on, signed_in_staff
from tests.requests_app.desk_pages import buttons_on, desk_of, now, press

pytestmark = [pytest.mark.both_engines, pytest.mark.one_engine]


@pytest.fixture
def colleague(db):
    return factories.OfficerFactory()


@pytest.fixture
def as_supervisor(db):
    return signed_in_staff(factories.supervisor())


@pytest.fixture
def queued(resident):
    return factories.filed(resident)


@pytest.fixture
def mine(officer):
    return factories.claimed(officer)


@pytest.mark.parametrize(
    ("officer_is", "told"),
    [
        ("nobody", "Choose an officer."),
        ("without the permission", None),
        ("inactive", None),
        ("not staff", None),
        ("999999", None),
        ("-1", None),
        ("abc", None),
        ("9" * 30, None),
        ("1\0", "Null characters are not allowed."),
    ],
)
def test_ineligible_officer_cannot_be_assigned(as_supervisor, colleague, queued, officer_is, told):
    if officer_is == "without the permission":
        factories.permit(colleague, "view_inquiry")
    if officer_is == "inactive":
        colleague.is_active = False
    if officer_is == "not staff":
        colleague.is_staff = False
    colleague.save(update_fields=["is_active", "is_staff"])
    is_colleague = officer_is in ("without the permission", "inactive", "not staff")
    if is_colleague:
        assert colleague.username not in as_supervisor.get(desk_of(queued)).content.decode()
    chosen = colleague.pk if is_colleague else officer_is.replace("nobody", "")

    page = press(as_supervisor, queued, "assign", officer=chosen)

    told = told or "This account may not work on inquiries. Choose another."
    assert notices_on(page) == [told]
    assert now(queued).assignee is None
    assert now(queued).version == queued.version


def test_inquiry_cannot_be_assigned_to_its_applicant(as_supervisor):
    concerned = factories.OfficerFactory(
        identity=factories.IdentityFactory(name_en="Ayesha Noor"), mobile="+966501234567"
    )
    own = factories.filed(concerned)
    page = press(as_supervisor, own, "assign", officer=concerned.pk)
    assert notices_on(page) == ["Ayesha Noor may not work on this inquiry. Choose another officer."]
    assert now(own).assignee is None


@pytest.mark.parametrize("how", ["inactive", "without the permission"])
def test_assign_action_refuses_ineligible_officer(queued, colleague, how):
    supervisor = factories.permit(factories.OfficerFactory(), "triage_inquiry", "assign_inquiry")
    if how == "inactive":
        colleague.is_active = False
    else:
        factories.permit(colleague)
    with pytest.raises(RuleViolation) as refused:
        actions.assign(
            actor=supervisor, inquiry=queued, expected_version=queued.version, officer=colleague
        )
    assert refused.value.message == (
        f"{colleague.username} may not work on this inquiry. Choose another officer."
    )


def test_only_supervisors_can_assign(as_officer, officer, colleague, mine):
    page = press(as_officer, mine, "assign", officer=colleague.pk)
    assert notices_on(page) == ["Only supervisors give inquiries to others."]
    assert now(mine).assignee == officer


def test_added_supervisor_can_assign(queued):
    device, _codes = add_staff(username="head", password=factories.PASSWORD, group="supervisor")
    assert "Assign" in buttons_on(signed_in_staff(device.user).get(desk_of(queued)))
