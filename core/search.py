"""Search by the beginnings of words over folded text, the same on PostgreSQL and SQLite."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup, Q, TextField
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext as _

from core.arabic_spelling import fold, fold_name
from core.text import bare_digits

MAX_QUERY_LENGTH = 200  # characters
MAX_WORDS = 10
# Anything longer is not a word of any language, and PostgreSQL refuses to index very long words.
MAX_WORD_LENGTH = 60


def searchable(*texts: str) -> str:
    """Return the searchable text of `texts`: their words, folded in both ways, each once."""
    text = " ".join(texts)
    words = f"{fold(text)} {fold_name(text)}".split()
    return " ".join(dict.fromkeys(word[:MAX_WORD_LENGTH] for word in words))


def cut_notice(query: str, most: int) -> str:
    """Return the sentence that only the first `most` characters of `query` count, or ""."""
    if len(query) <= most:
        return ""
    notice = _("This search has %(number)s characters, and only the first %(most)s are looked for.")
    return notice % {"number": len(query), "most": most}


def found_by(field: str, query: str, *, one_by_one: bool = False) -> Q:
    """Return a Q for rows whose `field` has, for each word of `query`, a word that begins with it.

    `field` holds text that `searchable` made. `one_by_one` is for rows that are read in an order
    until there are enough: no index is used then, and looking at one row is quicker.
    """
    lookup = "has_words" if one_by_one else "words_begin"
    found = Q(pk__in=[])
    for words in readings(query[:MAX_QUERY_LENGTH]):
        found |= Q(**{f"{field}__{lookup}": words})
    return found


def readings(query: str) -> list[list[str]]:
    """Return the word lists that `query` may mean, without repeats.

    They are the words as they stand, the words with particles joined, and, if the query holds
    digits alone, the number without its separators, and without a leading 00.
    """
    digits = bare_digits(query).lstrip("+")
    readings = [fold(query).split(), fold_name(query).split()]
    if digits.isdecimal():
        readings += [[digits], [digits.removeprefix("00")]]
    cut = [[word[:MAX_WORD_LENGTH] for word in words if word][:MAX_WORDS] for words in readings]
    return [words for place, words in enumerate(cut) if words and words not in cut[:place]]


@TextField.register_lookup
class HasWords(Lookup):
    """The lookup `has_words=[…]`: each folded word begins a word of a `searchable` text.

    A folded word holds letters and digits alone, so none of the characters that mean something in
    a LIKE pattern or a tsquery.
    """

    lookup_name = "has_words"
    prepare_rhs = False

    def as_sql(  # type: ignore[override]  # Django's lookups return lists too
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        likes = " AND ".join(f"' ' || {column} LIKE %s" for _word in self.rhs)
        return f"({likes})", [value for word in self.rhs for value in (*params, f"% {word}%")]


@TextField.register_lookup
class WordsBegin(HasWords):
    """The lookup `words_begin=[…]`: the same, by the index where there is one.

    The index is on the same expression, which splits at spaces only; PostgreSQL's own parser would
    split and join words by other rules.
    """

    lookup_name = "words_begin"

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        words = " & ".join(f"'{word}':*" for word in self.rhs)
        return f"array_to_tsvector(string_to_array({column}, ' ')) @@ %s::tsquery", [*params, words]
