"""What is measured on the floor."""

from collections.abc import Iterator

from bench.load import Answer, answers, form_request
from bench.sites import Site
from bench.steps import (
    AT_ONCE,
    AT_ONE_SLOT,
    DESCRIPTION,
    PLACES,
    Step,
    answered,
    pages,
    picture,
    rushed,
)

_SLOTS = 200
_MAKE_SLOTS = f"""
from bench.floor.models import Slot
Slot.objects.create(pk=1, capacity=10**6)
Slot.objects.bulk_create(Slot(pk=2 + place, capacity={PLACES}) for place in range({_SLOTS}))
"""


class Floor:
    def __init__(self, site: Site) -> None:
        site.command("-m", "django", "shell", "--no-imports", "-c", _MAKE_SLOTS)
        self._site = site
        self._slots = iter(range(2, 2 + _SLOTS))

    def steps(self) -> dict[str, Step]:
        return {
            "constant page": Step(self.constant, 400),
            "form": Step(self.form, 400),
            "filing": Step(self.filing, 100),
            "hold": Step(self.hold, 200, counted=80),
            "rush of 50": Step(self.rush, 50, counted=50),
            "rush of 150": Step(self.rush, 150, counted=150),
        }

    def constant(self, count: int) -> list[list[Answer]]:
        return pages(self._site, "/", [{}], count)

    def form(self, count: int) -> list[list[Answer]]:
        return pages(self._site, "/new/", [{}], count)

    def filing(self, count: int) -> list[list[Answer]]:
        typed = {"name": "Mohammed Aslam Khan", "id_number": "2000000006"}
        typed["description"] = DESCRIPTION
        pictures = [("document", picture(number)) for number in range(count)]
        wanted = [form_request("/new/", {}, typed, each) for each in pictures]
        return answered(answers(self._site.port, wanted, AT_ONCE), 302)

    def hold(self, count: int) -> list[list[Answer]]:
        return answered(answers(self._site.port, self._holds(1, count), AT_ONE_SLOT), 302)

    def rush(self, count: int) -> list[list[Answer]]:
        # Whom a conditional UPDATE has led on has a place: there is nothing else to count.
        return rushed(self._site, self._holds(next(self._slots), count), lambda: PLACES)

    def _holds(self, slot: int, count: int) -> Iterator[bytes]:
        for person in range(count):
            yield form_request(f"/slots/{slot}/", {}, {"person": f"2{person:09}"})
