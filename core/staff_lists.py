"""Lists of the staff site: the parameters they accept, and their capped count."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.text import capfirst

from core.search import MAX_QUERY_LENGTH, cut_notice
from core.text import single_line

MAX_COUNTED = 1000


def capped_count(rows: QuerySet) -> tuple[int, bool]:
    """Return the number of rows up to MAX_COUNTED, and whether there may be more.

    The cap lets a long list open as fast as a short one; nobody turns more pages than that.
    """
    number = rows.order_by()[:MAX_COUNTED].count()
    return number, number == MAX_COUNTED


def searched_for(request: HttpRequest) -> str:
    """Return the words that the list is searched for, or "" if there are none to read."""
    return single_line(request.GET.get(SEARCH_VAR, ""))


class CappedPaginator(Paginator):
    object_list: QuerySet

    @cached_property
    def _capped_count(self) -> tuple[int, bool]:
        return capped_count(self.object_list)

    @property
    def count(self) -> int:
        return self._capped_count[0]

    @property
    def is_cut_off(self) -> bool:
        return self._capped_count[1]


class StaffList(admin.ModelAdmin):
    """A ModelAdmin that accepts only the lookups of its own filters, each with one value.

    Its filters are a form, which sends those without a choice too. It also cuts the search term to
    MAX_QUERY_LENGTH: each word and each value becomes a condition, and SQLite takes at most a
    thousand of them.
    """

    paginator = CappedPaginator
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    # The bar of actions comes up at the foot of the screen, where no row moves for it.
    actions_on_top, actions_on_bottom = False, True

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        filters = self.get_list_filter(request)
        is_offered = any(
            lookup in _parameters(self.model, each)  # type: ignore[arg-type]  # no other kinds
            for each in filters
        )
        return is_offered and len(request.GET.getlist(lookup)) == 1

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list under the name of what it lists."""
        title = {"title": capfirst(str(self.opts.verbose_name_plural))}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Leave out the filters without a choice; say so if a long text is cut for the search."""
        chosen = request.GET.copy()
        for name in [name for name, value in chosen.items() if not value]:
            del chosen[name]
        request.GET = chosen  # type: ignore[assignment]  # as if it had been asked for
        if notice := cut_notice(searched_for(request), MAX_QUERY_LENGTH):
            messages.warning(request, notice)
        return super().get_changelist_instance(request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        query = searched_for(request)[:MAX_QUERY_LENGTH]
        return super().get_search_results(request, queryset, query)


def _parameters(
    model: type[Model],
    list_filter: type[admin.SimpleListFilter] | str | tuple[str, type[admin.FieldListFilter]],
) -> list[str | None]:
    """Return the query parameters of one entry of `list_filter`."""
    if isinstance(list_filter, type):
        return [list_filter.parameter_name]
    path = list_filter if isinstance(list_filter, str) else list_filter[0]
    field = get_fields_from_path(model, path)[-1]
    target = (
        f"__{field.target_field.name}"  # type: ignore[attr-defined]  # a relation has it
        if field.is_relation
        else ""
    )
    return [f"{path}{target}__exact", *([f"{path}__isnull"] if field.null else [])]
