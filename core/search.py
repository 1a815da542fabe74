"""Search by the beginnings of words over folded text, alike on both engines."""

from django.db.models import Lookup, Q, TextField

from core.text import bare_digits, fold, fold_name

MAX_QUERY_LENGTH = 200  # characters
MAX_WORDS = 10
# Longer ones are no words of any language, and PostgreSQL refuses to index the longest.
MAX_WORD_LENGTH = 60


def searchable(*texts: str) -> str:
    """What is stored to be searched: the words of all texts, folded in every way, each once."""
    text = " ".join(texts)
    words = f"{fold(text)} {fold_name(text)}".split()
    return " ".join(dict.fromkeys(word[:MAX_WORD_LENGTH] for word in words))


def found_by(field: str, query: str) -> Q:
    """The rows whose `searchable` field has words that begin as those of `query` do."""
    found = Q(pk__in=[])
    for words in readings(query[:MAX_QUERY_LENGTH]):
        found |= Q(**{f"{field}__words_begin": words})
    return found


def readings(query: str) -> list[list[str]]:
    """The words that may be meant: as they stand, with particles joined, as a number in groups."""
    digits = bare_digits(query).lstrip("+")
    readings = [fold(query).split(), fold_name(query).split()]
    if digits.isdecimal():
        readings += [[digits], [digits.removeprefix("00")]]
    cut = [[word[:MAX_WORD_LENGTH] for word in words if word][:MAX_WORDS] for words in readings]
    return [words for place, words in enumerate(cut) if words and words not in cut[:place]]


@TextField.register_lookup
class WordsBegin(Lookup):
    """`words_begin=[…]`: each of these folded words begins a word of a `searchable` text.

    A folded word holds letters and digits alone: none of the signs that mean something in a
    pattern or in a tsquery. The index is on the same expression, which splits at spaces and
    nowhere else, where PostgreSQL's own parser would split and join in its own way.
    """

    lookup_name = "words_begin"
    prepare_rhs = False

    def as_postgresql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        words = " & ".join(f"'{word}':*" for word in self.rhs)
        return f"array_to_tsvector(string_to_array({column}, ' ')) @@ %s::tsquery", [*params, words]

    def as_sql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        likes = " AND ".join(f"' ' || {column} LIKE %s" for _word in self.rhs)
        return f"({likes})", [value for word in self.rhs for value in (*params, f"% {word}%")]
