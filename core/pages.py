"""The pages of a list that is never counted, however long it has become."""

from typing import Any

from django.core.paginator import Page, Paginator

# Nobody turns more pages, and no database skips more rows than it can count.
_MAX_DIGITS = 5


class UncountedPage(Page):
    """A page that knows whether there is another one, and not how many there are."""

    is_uncounted = True

    def __init__(self, rows: list[Any], number: int, paginator: Paginator, *, is_last: bool):
        super().__init__(rows, number, paginator)
        self._is_last = is_last

    def has_next(self) -> bool:
        return not self._is_last

    def next_page_number(self) -> int:
        return self.number + 1

    def previous_page_number(self) -> int:
        return self.number - 1


class UncountedPaginator(Paginator):
    """Reads a page and one row more, in one statement, where Django's own counts the list first."""

    def get_page(self, number: Any) -> UncountedPage:
        """Return the page of this number as it was sent, or the first one if there is none."""
        sent = str(number)
        number = int(sent) if sent.isdecimal() and len(sent) <= _MAX_DIGITS else 1
        number = max(1, number)
        before = (number - 1) * self.per_page
        rows = list(self.object_list[before : before + self.per_page + 1])
        if not rows and number > 1:
            return self.get_page(1)
        is_last = len(rows) <= self.per_page
        return UncountedPage(rows[: self.per_page], number, self, is_last=is_last)
