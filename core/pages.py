"""The pages of a person's list."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property


class ShortListPaginator(Paginator):
    """A paginator that counts no list of one page, as most lists of a person are: it reads it."""

    @cached_property
    def count(self) -> int:
        first: list[Any] = list(self.object_list[: self.per_page + 1])
        if len(first) > self.per_page:
            return super().count
        self.object_list = first
        return len(first)
