"""Pictures of figures: bars that a page draws in SVG, in the colours of its sheet."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import get_language_bidi

# In units of the picture; a bar takes so many sixteenths of the step to the next.
STEP, HEIGHT, FOOT, SIXTEENTHS = 32, 160, 24, 11
# A picture of fewer bars leaves the rest empty, so that a bar is as wide in each.
MIN_BARS = 24


@dataclass(frozen=True)
class Bar:
    """Two numbers under one label: a whole, drawn as a frame, and a part, which is filled."""

    label: object
    whole: int
    part: int
    x: int
    part_x: int
    width: int
    middle: int
    top: int
    filled_from: int

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
    most: int  # what the tallest bar stands for

    height = HEIGHT + FOOT
    base = HEIGHT
    text_at = HEIGHT + FOOT - 6


def picture_of(
    numbers: Collection[tuple[object, int, int]],
    *,
    are_apart: bool = False,
    step: int = STEP,
    min_bars: int = MIN_BARS,
) -> Picture:
    """Return the picture of (label, whole, part); the tallest bar is as high as the picture.

    The part stands in its whole, or beside it if they `are_apart`, as two numbers of which neither
    contains the other.
    """
    most = max((max(whole, part) for _label, whole, part in numbers), default=0) or 1
    columns, is_rtl = max(len(numbers), min_bars), get_language_bidi()
    both = step * SIXTEENTHS // 16
    width = both // 2 if are_apart else both
    bars = []
    for place, (label, whole, part) in enumerate(numbers):
        left = (columns - 1 - place if is_rtl else place) * step + (step - both) // 2
        xs = [left, left + both - width]
        x, part_x = reversed(xs) if is_rtl else xs
        top, filled_from = (HEIGHT - round(HEIGHT * number / most) for number in (whole, part))
        middle = left + both // 2
        bars.append(Bar(label, whole, part, x, part_x, width, middle, top, filled_from))
    return Picture(bars, step * columns, most)
