"""Lists of the staff site: what an address can ask of them, and how far they are counted."""

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.core.paginator import Paginator
from django.utils.functional import cached_property

from core.search import MAX_QUERY_LENGTH

MAX_COUNTED = 5000


def capped_count(rows):
    """How many there are, as far as anybody turns pages, and whether there may be more.

    A long list opens as fast as a short one.
    """
    number = rows.order_by()[:MAX_COUNTED].count()
    return number, number == MAX_COUNTED


class CappedPaginator(Paginator):
    @cached_property
    def _capped_count(self):
        return capped_count(self.object_list)

    @property
    def count(self):
        return self._capped_count[0]

    @property
    def is_cut_off(self):
        return self._capped_count[1]


class StaffList:
    """Answers what its filters and its search offer, and nothing else that somebody may type.

    Nor ever more than that: each word and each value is a condition, and SQLite takes a thousand.
    """

    paginator = CappedPaginator
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def lookup_allowed(self, lookup, value, request):
        filters = self.get_list_filter(request)
        is_offered = any(lookup in _parameters(self.model, each) for each in filters)
        return is_offered and len(request.GET.getlist(lookup)) == 1

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, search_term[:MAX_QUERY_LENGTH])


def _parameters(model, list_filter):
    """What this filter, as `list_filter` has it, puts into an address."""
    if isinstance(list_filter, type):
        return [list_filter.parameter_name]
    path = list_filter if isinstance(list_filter, str) else list_filter[0]
    field = get_fields_from_path(model, path)[-1]
    target = f"__{field.target_field.name}" if field.is_relation else ""
    return [f"{path}{target}__exact", *([f"{path}__isnull"] if field.null else [])]
