"""My page: what waits for me first, then drafts, then the rest."""

from tawasul.numbers import grouped_reference
from tests import factories
from tests.conftest import words
from tests.requests_app.returns import returned


def test_what_was_returned_stands_on_top_and_once(as_resident, resident, officer):
    first, second = factories.filed(resident), factories.filed(resident)
    returned(first, officer)
    draft = factories.draft(resident)
    page = words(as_resident.get("/en/my/"))
    references = [grouped_reference(each.reference) for each in (first, draft, second)]
    places = [page.index(reference) for reference in references]
    assert places == sorted(places)
    assert [page.count(reference) for reference in references] == [1, 1, 1]
    waiting, not_sent, mine = map(page.index, ("Waiting for you", "Not sent yet", "My inquiries"))
    assert waiting < places[0] < not_sent < places[1] < mine < places[2]


def test_where_nothing_waits_there_is_no_such_heading(as_resident, resident):
    factories.filed(resident)
    assert "Waiting for you" not in words(as_resident.get("/en/my/"))
