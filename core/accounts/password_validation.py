"""Validators of passwords: length, common passwords, and the personal data of the user.

The word lists are files in `common_passwords/`: words in two languages (`arabic.txt`, `latin.txt`),
articles and the like in front of them (`openings.txt`), plurals and the like behind them
(`endings.txt`), runs of letters and of neighbouring keys (`runs.txt`), and the Arabic keyboard of
101 keys, each key with the letters it types (`keyboard.txt`).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from core.accounts.models import User
from core.accounts.passwords import MAX_LENGTH, normalize_password
from core.arabic_spelling import fold
from core.hijri import hijri_date
from core.text import ascii_digits, bare_digits

MIN_LENGTH = 8

_LISTS = Path(__file__).parent / "common_passwords"
# Shorter strings occur in many good passwords by chance.
_MIN_WORD_LENGTH = 3
_MIN_REPLACED_LENGTH = 4
_MIN_ROW_LENGTH = 5
_MIN_PERSONAL_LENGTH = 4
_MAX_TWO_WORDS = 40  # letters; the longest that anybody would type as two words
_TA_MARBUTA = "\u0647"  # as `fold` writes it

_LEET = str.maketrans("@4301!$57", "aaeoiisst")
_ARABIZI = str.maketrans({"2": "a", "3": "a", "5": "kh", "6": "t", "7": "h", "8": "q", "9": "q"})
_UNSHIFTED = str.maketrans('!@#$%^&*()_+{}:"<>?~', "1234567890-=[];',./`")
_SOUNDS = str.maketrans("eyo", "iiu")

_DAY = "(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH = "(?:0?[1-9]|1[0-2])"
_YEAR = "(?:1[349]|20)[0-9]{2}"
_PERSONAL_NUMBER = re.compile(
    "(?:966|00966|0)?5[0-9]{8}"  # a mobile
    "|[1-47][0-9]{9}"  # an identity number, whatever its check digit
    f"|{_DAY}{_MONTH}{_YEAR}|{_MONTH}{_DAY}{_YEAR}|{_YEAR}{_MONTH}{_DAY}|{_YEAR}{_DAY}{_MONTH}"
    f"|(?:{_YEAR}){{2,}}"
)


class PasswordLengthValidator:
    """Allow 8 to 128 characters, counted in NFC, so that a composed letter counts as one."""

    def validate(self, password: str, user: User | None = None) -> None:
        length = len(normalize_password(password))
        if length < MIN_LENGTH:
            raise ValidationError(
                _("This password has fewer than 8 characters. Use a longer one."),
                code="too_short",
            )
        if length > MAX_LENGTH:
            raise ValidationError(
                _("This password has more than 128 characters. Use a shorter one."),
                code="too_long",
            )

    def get_help_text(self) -> str:
        return _("Use 8 to 128 characters. Several words in a row make a good password.")


class GuessablePasswordValidator:
    """Refuse common passwords, in either language and on either layout of the keyboard."""

    def validate(self, password: str, user: User | None = None) -> None:
        if any(_is_common(reading) for reading in _readings(password)):
            raise ValidationError(
                _(
                    "This password is one of the commonly used ones. "
                    "Choose one that is harder to guess."
                ),
                code="common",
            )

    def get_help_text(self) -> str:
        return _("Do not use a common word or name, not even with digits or a year after it.")


class PersonalDataPasswordValidator:
    """Refuse passwords that can be guessed from the personal data of the user."""

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None:
            return
        known, names = _personal_data_of(user), _names_of(user)
        for reading in _readings(password):
            word = _flat(reading)
            letters = _letters(word)
            has_personal_data = any(each in word for each in known)
            if has_personal_data or (
                len(letters) >= _MIN_PERSONAL_LENGTH and _is_made_of(letters, names)
            ):
                raise ValidationError(
                    _("This password can be guessed from what is known about you. Choose another."),
                    code="about_oneself",
                )

    def get_help_text(self) -> str:
        return _(
            "Do not use your name, username, ID number, mobile number, e-mail address "
            "or date of birth."
        )


def _readings(password: str) -> set[str]:
    """Return the texts that the pressed keys give: as typed, and on the other layout.

    Digits are 0-9. The set is empty for a password that is too long.
    """
    if len(normalize_password(password)) > MAX_LENGTH:
        return set()  # PasswordLengthValidator refuses it, and reading it would take long
    # NFKC turns one character into up to 18; the beginning of such a text is enough.
    typed = ascii_digits(unicodedata.normalize("NFKC", password)[: 2 * MAX_LENGTH])
    to_arabic, pairs, to_latin = _keyboard()
    # Lam-alef has a key of its own, but its two letters may also come from two keys ("asdfghjk").
    with_pairs = typed
    for pair, key in pairs.items():
        with_pairs = with_pairs.replace(pair, key)
    return {
        typed,
        typed.lower().translate(to_arabic),
        typed.translate(to_latin),
        with_pairs.translate(to_latin),
    }


def _is_common(text: str) -> bool:
    keys = "".join(text.lower().translate(_UNSHIFTED).split())
    whole = "" if _is_mostly_signs(text) else _flat(text)
    return (
        _is_personal_number(text)
        or whole in _django_passwords()
        or _is_pattern(keys)
        or _is_pattern(whole)
        or _is_initials_with_digits(whole)
        or any(
            _is_common_word(word) for part in _without_ends(text) for word in _candidate_words(part)
        )
    )


def _is_personal_number(text: str) -> bool:
    """Return whether it is a mobile, identity number, date or years, with two letters at most."""
    digits = re.search("(?s)[0-9].*[0-9]", text)
    return (
        digits is not None
        and sum(map(str.isalpha, text)) <= 2
        and _PERSONAL_NUMBER.fullmatch(bare_digits(digits[0])) is not None
    )


def _is_pattern(text: str) -> bool:
    """Return whether `text` is a few runs, two interlaced runs, or a short part repeated."""
    if len(text) < MIN_LENGTH:
        return False
    squeezed = _squeezed(text)
    return (
        _count_runs(squeezed) <= max(len(squeezed) // 3, len(text) // 4)
        or all(_count_runs(_squeezed(half)) == 1 for half in (text[::2], text[1::2]))
        or len(_repeated(text)) <= 4
    )


def _is_initials_with_digits(word: str) -> bool:
    """Return whether `word` is one or two letters, or a run of them, beside well-known digits.

    This is how people meet rules that ask for a capital, a sign and a digit: Aa@12345.
    """
    letters, digits = _letters(word), word.strip("".join(filter(str.isalpha, word)))
    if not (letters and digits.isdecimal() and word in (letters + digits, digits + letters)):
        return False
    return (len(letters) <= 2 or _count_runs(_squeezed(letters)) == 1) and (
        digits in _django_passwords()
        or _count_runs(_squeezed(digits)) == 1
        or re.fullmatch(_YEAR, digits) is not None
        or len(_repeated(digits)) <= 3
    )


def _squeezed(text: str) -> str:
    """Return `text` with each run of one repeated character reduced to one."""
    return re.sub(r"(?s)(.)\1+", r"\1", text)


def _count_runs(text: str) -> int:
    count = start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and text[start : end + 1] in _runs():
            end += 1
        count, start = count + 1, end
    return count


def _repeated(text: str) -> str:
    """Return the part that gives `text` when repeated, or `text` itself if there is none."""
    return text[: (text + text).find(text, 1)]


def _without_ends(text: str) -> set[str]:
    """Return `text`, and `text` without the digits and signs that people add at its ends.

    There are variants that keep one of them at either end, since it may stand for a letter.
    """
    letters = [place for place, char in enumerate(text) if char.isalpha()]
    if not letters:
        return set()
    first, last = letters[0], letters[-1] + 1
    starts, ends = {first, max(first - 1, 0)}, {last, last + 1}
    return {text, *(text[start:end] for start in starts for end in ends)}


def _candidate_words(text: str) -> Iterator[str]:
    """Yield the words that `text` may be: as it is, and with digits and signs read as letters."""
    if not _is_mostly_signs(text):
        yield _flat(text)
    for table in (_LEET, _ARABIZI):
        replaced = text.translate(table)
        if not _is_mostly_signs(replaced) and len(word := _flat(replaced)) >= _MIN_REPLACED_LENGTH:
            yield word


def _is_mostly_signs(text: str) -> bool:
    """Return whether more than a third of `text` is signs, and these are not all the same."""
    signs = [char for char in text if not (char.isalnum() or unicodedata.combining(char))]
    return len(set(signs)) > 1 and 3 * len(signs) > len(text)


def _is_common_word(word: str) -> bool:
    """Return whether `word` is a listed word, a repeated one, or a single run."""
    part = _repeated(word)
    is_row = len(word) >= _MIN_ROW_LENGTH and _count_runs(_squeezed(part)) == 1
    words = {word, part, part.strip("0123456789")}
    return is_row or any(map(_is_listed, words)) or any(map(_is_two_words, words))


def _is_listed(word: str) -> bool:
    return any(each in _django_passwords() for each in _without_ending(word)) or _is_own(word)


def _is_own(word: str) -> bool:
    return any(
        _phonetic(stem) in _own_words()
        for each in _without_opening(word)
        for stem in _without_ending(each)
    )


def _is_two_words(word: str) -> bool:
    """Return whether `word` is two of our own words in a row, as a title and a name."""
    if len(word) > _MAX_TWO_WORDS:
        return False
    places = range(_MIN_WORD_LENGTH, len(word) - _MIN_WORD_LENGTH + 1)
    return any(_is_own(word[:place]) and _is_own(word[place:]) for place in places)


def _without_opening(word: str) -> set[str]:
    """Return `word`, and its rest after each opening (an article or the like) it begins with."""
    openings = (each for each in _openings() if word.startswith(each))
    return {word, *(word[len(each) :] for each in openings)}


def _without_ending(word: str) -> set[str]:
    """Return `word`, and its rest before each ending, which in Arabic may take the place of one."""
    stems = {word.removesuffix(ending) for ending in _endings()}
    return {word, *stems, *(stem + _TA_MARBUTA for stem in stems - {word})}


def _flat(text: str) -> str:
    """Return only the letters and digits, folded, without spaces.

    `fold` removes an article at the beginning of a word, and would remove too many here. The 0 put
    in front prevents it.
    """
    return fold("0" + "".join(filter(str.isalnum, text)))[1:].replace(" ", "")


def _letters(word: str) -> str:
    return "".join(filter(str.isalpha, word))


def _phonetic(word: str) -> str:
    """Return one form for close Latin spellings of an Arabic word, as Mohamed and Mohammed."""
    return re.sub("(?<=[aiu])h$", "", _squeezed(word.translate(_SOUNDS)))


def _personal_data_of(user: User) -> set[str]:
    """Return the personal data that a password must not contain, flat: logins, numbers, dates."""
    known = [user.username, _local_part(user.email), *_national_parts(user.mobile)]
    if user.identity is not None:
        known += _national_parts(user.identity.mobile)
        known += _dates_in_digits(user.identity.birth_date)
        if user.identity.pk is not None:
            known += [number.number for number in user.identity.numbers.all()]
    return {word for word in map(_flat, known) if len(word) >= _MIN_PERSONAL_LENGTH}


def _names_of(user: User) -> set[str]:
    """Return the parts of the user's names, flat; a password must not consist of them alone."""
    names = [user.username, _local_part(user.email)]
    if user.identity is not None:
        names += [user.identity.name_ar, user.identity.name_en]
    parts = (_letters(_flat(part)) for name in names for part in re.split(r"[\s\-–'’._+,]+", name))
    return {word for part in parts for word in _without_opening(part) if len(word) >= 2}


def _local_part(email: str) -> str:
    return email.rpartition("@")[0]


def _national_parts(mobile: PhoneNumber | None) -> list[str]:
    """Return a list of the mobile without country code and leading zero; empty if unreadable."""
    return [str(mobile.national_number)] if mobile and mobile.national_number else []


def _dates_in_digits(day: date | None) -> list[str]:
    """Return a day in both calendars, in the ways people write it in digits."""
    if day is None:
        return []
    dates = [(day.year, day.month, day.day)]
    with suppress(OverflowError):
        dates.append(hijri_date(day))
    return [
        written
        for year, month, day in dates
        for written in (
            f"{day:02}{month:02}{year}",
            f"{month:02}{day:02}{year}",
            f"{year}{day:02}{month:02}",
            f"{day}{month}{year}",
            f"{year}{month}{day}",
            f"{day:02}{month:02}{year % 100:02}",
            f"{year % 100:02}{month:02}{day:02}",
        )
    ]


def _is_made_of(text: str, words: set[str]) -> bool:
    """Return whether `text` consists only of `words`, in any order and number."""
    ends = {0}
    for start in range(len(text)):
        if start in ends:
            ends |= {start + len(word) for word in words if text.startswith(word, start)}
    return len(text) in ends


def _lines(name: str) -> list[str]:
    return (_LISTS / name).read_text(encoding="utf-8").splitlines()


@cache
def _own_words() -> set[str]:
    """Return the words of our own lists in phonetic form, with the article and without."""
    entries = [_flat(line) for name in ("arabic.txt", "latin.txt") for line in _lines(name)]
    return _without_short(map(_phonetic, (*entries, *map(fold, entries))))


@cache
def _django_passwords() -> set[str]:
    """Return Django's list of common passwords, flat."""
    # Most entries are flat already; folding all of them would keep the first user waiting.
    return _without_short(
        entry if entry.isascii() and entry.isalnum() else _flat(entry)
        for entry in CommonPasswordValidator().passwords
    )


def _without_short(words: Iterable[str]) -> set[str]:
    return {word for word in words if len(word) >= _MIN_WORD_LENGTH}


@cache
def _openings() -> list[str]:
    return [_flat(line) for line in _lines("openings.txt")]


@cache
def _endings() -> list[str]:
    return _lines("endings.txt")


@cache
def _runs() -> set[str]:
    """Return every part of every listed run, forwards and backwards."""
    runs = [direction for line in _lines("runs.txt") for direction in (line, line[::-1])]
    return {
        run[start:end]
        for run in runs
        for start in range(len(run))
        for end in range(start + 1, len(run) + 1)
    }


@cache
def _keyboard() -> tuple[dict[int, str], dict[str, str], dict[int, str]]:
    """Return Latin to Arabic, the pairs of Arabic letters on one key, and Arabic to Latin."""
    letters = dict(line.split() for line in _lines("keyboard.txt"))
    pairs = {typed: key for key, typed in letters.items() if len(typed) == 2}
    single = {typed: key for key, typed in letters.items() if len(typed) == 1}
    return str.maketrans(letters), pairs, str.maketrans(single)
