"""Lists of the staff site: what an address can ask of them."""

from django.contrib.admin.utils import get_fields_from_path

from tawasul.search import MOST_QUERY


class StaffList:
    """Answers what its filters and its search offer, and nothing else that somebody may type.

    Nor ever more than that: each word and each value is a condition, and SQLite takes a thousand.
    """

    def lookup_allowed(self, lookup, value, request):
        filters = self.get_list_filter(request)
        is_offered = any(lookup in _parameters(self.model, each) for each in filters)
        return is_offered and len(request.GET.getlist(lookup)) == 1

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, search_term[:MOST_QUERY])


def _parameters(model, list_filter):
    """What this filter, as `list_filter` has it, puts into an address."""
    if isinstance(list_filter, type):
        return [list_filter.parameter_name]
    path = list_filter if isinstance(list_filter, str) else list_filter[0]
    field = get_fields_from_path(model, path)[-1]
    target = f"__{field.target_field.name}" if field.is_relation else ""
    return [f"{path}{target}__exact", *([f"{path}__isnull"] if field.null else [])]
