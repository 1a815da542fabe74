"""A picture of the figures of an office by day, as bars that the page draws in SVG."""

import datetime
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import get_language_bidi

from core.hijri import dates_of

# In units of the picture, of which a day takes WIDTH from one bar to the next.
WIDTH, BAR, HEIGHT, FOOT = 32, 22, 160, 24
# A picture of fewer days leaves the rest empty, so that bars are as wide in every month.
MIN_DAYS = 24


@dataclass(frozen=True)
class Bar:
    """The bar of a day: its places as a frame, which is filled as far as they are booked."""

    x: int
    day: int  # of the month
    places: int
    booked: int
    top: int
    filled_from: int

    width = BAR

    @property
    def middle(self) -> int:
        return self.x + BAR // 2

    @property
    def height(self) -> int:
        return HEIGHT - self.top

    @property
    def filled(self) -> int:
        return HEIGHT - self.filled_from


@dataclass(frozen=True)
class Picture:
    """Bars in the direction in which the page is read."""

    bars: list[Bar]
    width: int
    most: int  # places, which the tallest bar stands for

    height = HEIGHT + FOOT
    base = HEIGHT
    text_at = HEIGHT + FOOT - 6


def picture_of(days: Mapping[datetime.date, Counter[str]]) -> Picture:
    """Return the picture of these days; the tallest bar is as high as the picture."""
    most = max((max(row["places"], row["booked"]) for row in days.values()), default=0) or 1
    columns = max(len(days), MIN_DAYS)
    bars = []
    for place, (day, row) in enumerate(days.items()):
        column = columns - 1 - place if get_language_bidi() else place
        tops = [HEIGHT - round(HEIGHT * row[name] / most) for name in ("places", "booked")]
        x = column * WIDTH + (WIDTH - BAR) // 2
        bars.append(Bar(x, dates_of(day)[0][2], row["places"], row["booked"], *tops))
    return Picture(bars, WIDTH * columns, most)
