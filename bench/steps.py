"""The pages and journeys of a site that are measured, and how each is."""

import io
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from PIL import Image

from bench import measure
from bench.load import Answer, answers, request
from bench.report import Figures
from bench.sites import Site

# How many ask at once: for a page; in a journey with an upload, of which a web process takes two at
# a time; and for a place of one hot slot.
AT_ONCE, AT_ONE_FORM, AT_ONE_SLOT = 4, 2, 16
PLACES = 10
DESCRIPTION = "I renewed my iqama three weeks ago and the fee I paid is still shown as missing."

# Takes a page or a journey so often, and returns the answers that each time took.
Way = Callable[[int], list[list[Answer]]]


@dataclass
class Step:
    """A page or a journey: how often a round takes it, and what was found.

    `beside` names what is measured on the floor just before it: a busy machine slows down both.
    """

    go: Way
    count: int
    beside: str = ""
    # How often its statements are counted.
    counted: int = 8
    found: list[Figures] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    @property
    def figures(self) -> Figures:
        return Figures.median(self.found, len(self.sent) / self.counted)

    def count_statements(self, server: measure.Server) -> None:
        """Count apart from all other figures, as writing a log takes time.

        Reference data are read again every ten seconds: the first time here is not counted.
        """
        self.go(self.counted)
        with server.noting_statements() as sent:
            self.go(self.counted)
            self.sent = sent()

    def measure(self, server: measure.Server, site: Site) -> None:
        web, database = measure.cpu_seconds(site.pids), server.cpu_seconds()
        began = time.perf_counter()
        done = self.go(self.count)
        seconds = time.perf_counter() - began
        web, database = measure.cpu_seconds(site.pids) - web, server.cpu_seconds() - database
        self.found.append(Figures.of(done, seconds, web, database))


def answered(got: list[Answer], *statuses: int) -> list[list[Answer]]:
    """Return each answer as a journey of its own. ValueError if one has another status."""
    for each in got:
        if each.status not in statuses:
            raise ValueError(f"{each.status} {each.page[:2000]}")
    return [[each] for each in got]


def pages(site: Site, path: str, cookies: list[dict[str, str]], count: int) -> list[list[Answer]]:
    """Open a page so often, as those with these cookies in turn."""
    wanted = [request("GET", path, cookies[turn % len(cookies)]) for turn in range(count)]
    return answered(answers(site.port, wanted, AT_ONCE), 200)


def rushed(site: Site, wanted: Iterable[bytes], booked: Callable[[], int]) -> list[list[Answer]]:
    """Let everybody ask for one of ten places at once; ValueError if not exactly ten are sold."""
    together = list(wanted)
    got = answers(site.port, together, len(together))
    led_on = sum(each.status == 302 for each in got)
    if not led_on == booked() == PLACES:
        raise ValueError(f"{booked()} of {PLACES} places were sold, to {led_on} people")
    return answered(got, 200, 302)


def picture(number: int) -> bytes:
    """Return a JPEG of about 20 KB that no other number has."""
    noise = Image.effect_noise((300, 200), 60).convert("RGB")
    noise.putpixel((number % 300, number // 300 % 200), (255, 0, 0))
    output = io.BytesIO()
    noise.save(output, "JPEG", quality=40)
    return output.getvalue()
