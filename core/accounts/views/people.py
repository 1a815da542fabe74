"""The pages that find one of many people: to choose them, or to see those linked to an account."""

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.accounts.access import SignedInRequest, resident_required
from core.accounts.forms import FindPersonForm
from core.accounts.models import Identity, IdentityQuerySet, Link
from core.accounts.session_holder import holder_of
from core.methods import takes_form

ROWS = 20
FOUND = "found"


def find_person(
    request: SignedInRequest,
    *,
    people: IdentityQuerySet,
    first: Sequence[Identity],
    title: str,
    go_on: Callable[[Identity], str],
) -> HttpResponse:
    """Let the user search `people` for one of them; `first` are shown before the search.

    The search is posted, so that no name and no number stands in an address. `go_on` gives the
    address that chooses a person.
    """
    form, words = typed_words(request)
    if request.method == "POST" and words:
        return show_found(request, words)
    shown, has_more = _found(people, words) if words else (first, False)
    context = {
        "form": form,
        "title": title,
        "words": words,
        "rows": [(person, go_on(person)) for person in shown],
        "has_more": has_more,
        "rows_shown": ROWS,
    }
    return render(request, "accounts/find_person.html", context)


def send_to_find(
    request: SignedInRequest, page: str, *, asked: str | None, query: str
) -> HttpResponse:
    """Redirect to the page that finds a person; whoever was `asked` for, is not one of them."""
    if asked:
        messages.warning(
            request, _("This person is not linked to your account. Choose somebody who is.")
        )
    return redirect(f"{page}?{query}" if query else page)


def links_to_persons(request: SignedInRequest) -> QuerySet[Link]:
    """Return the links to the people of the holder, the latest first."""
    links = Link.objects.in_force().for_persons().filter(holder=holder_of(request))
    return links.select_related("person").order_by("-since", "-pk")


def links_to_holders(request: SignedInRequest) -> QuerySet[Link]:
    """Return the links of the user to others, the latest first."""
    links = Link.objects.in_force().not_outgrown().filter(person=request.user.identity)
    return links.select_related("holder").order_by("-since", "-pk")


@takes_form
@resident_required
def persons(request: SignedInRequest) -> HttpResponse:
    links = links_to_persons(request).prefetch_related("person__numbers")
    people = Identity.objects.filter(pk__in=links.order_by().values("person"))
    holder = holder_of(request)
    title = _("People linked to you")
    if holder != request.user.identity:
        title = _("People linked to %(name)s") % {"name": holder.name}
    return _linked(request, links=links, people=people, side="person", title=title)


@takes_form
@resident_required
def holders(request: SignedInRequest) -> HttpResponse:
    links = links_to_holders(request)
    people = Identity.objects.filter(pk__in=links.order_by().values("holder"))
    return _linked(
        request, links=links, people=people, side="holder", title=_("Who you are linked to")
    )


@takes_form
@resident_required
def find_establishment(request: SignedInRequest) -> HttpResponse:
    """Find the establishment to act for, for somebody who represents many."""

    def go_on(establishment: Identity) -> str:
        query = request.GET.copy()
        query.pop(FOUND, None)
        query["holder"] = str(establishment.pk)
        return f"{reverse('accounts:acting-as')}?{query.urlencode()}"

    return find_person(
        request,
        people=Identity.objects.establishments_represented_by(request.user.identity),
        first=[],
        title=_("Find the establishment"),
        go_on=go_on,
    )


def _linked(
    request: SignedInRequest,
    *,
    links: QuerySet[Link],
    people: IdentityQuerySet,
    side: str,
    title: str,
) -> HttpResponse:
    """Show the links page by page, or those whose `side` is among the people that were found."""
    form, words = typed_words(request)
    if request.method == "POST" and words:
        return show_found(request, words)
    has_more = False
    if words:
        found, has_more = _found(people, words)
        links = links.filter(**{f"{side}__in": [person.pk for person in found]})
    page = Paginator(links, ROWS).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "title": title,
        "words": words,
        "page": page,
        "rows": f"accounts/_{side}s.html",
        "has_more": has_more,
        "rows_shown": ROWS,
    }
    return render(request, "accounts/linked.html", context)


def typed_words(
    request: SignedInRequest, form_class: type[FindPersonForm] = FindPersonForm
) -> tuple[FindPersonForm, str]:
    """Return the form and the words to search for: those just sent, or of the address with FOUND.

    The words wait in the session, so that the browser can go back to what was found.
    """
    if request.method == "POST" or not request.session.get(FOUND) or FOUND not in request.GET:
        form = form_class(request.POST or None)
        return form, form.cleaned_data["words"] if form.is_valid() else ""
    words = request.session[FOUND]
    form = form_class(initial={"words": words})
    form.keeps_typed = False  # the link to the other language keeps the words
    return form, words


def show_found(request: SignedInRequest, words: str) -> HttpResponse:
    """Redirect to the same page with what `words` find; they are not in its address."""
    request.session[FOUND] = words
    query = request.GET.copy()
    query.pop("page", None)
    query[FOUND] = "1"
    return redirect(f"{request.path}?{query.urlencode()}")


def _found(people: IdentityQuerySet, words: str) -> tuple[list[Identity], bool]:
    """Return the first matches, with their numbers, and whether there are more."""
    found = list(people.matching(words).prefetch_related("numbers")[: ROWS + 1])
    return found[:ROWS], len(found) > ROWS
