"""Form fields to choose among rows that are in memory already, which cost no statement."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.db.models import Model


class Explained(str):
    """The label of a choice, with the line that explains it."""

    hint: str = ""

    @classmethod
    def by(cls, label: str, hint: str) -> "Explained":
        explained = cls(label)
        explained.hint = hint
        return explained


class _Rows:
    """What both fields share: the rows, and the choices made of them.

    `read` gives the rows of each new form; a form that knows its rows sets them itself. `key` is
    the attribute that is sent, and `label_of` gives the text of a row.
    """

    choices: Any
    error_messages: dict[str, Any]

    def __init__(
        self,
        *,
        read: Callable[[], Iterable[Model]] | None = None,
        key: str = "pk",
        label_of: Callable[[Any], Any] = str,
        empty_label: Any = None,
        **kwargs: Any,
    ) -> None:
        self._read, self._key = read, key
        self._label_of, self._empty_label = label_of, empty_label
        # Reference data, of which `core.shown_fields` keeps what it looks like.
        self.is_same_for_all = read is not None
        self._by_key: dict[str, Model] = {}
        super().__init__(**kwargs)

    def __deepcopy__(self, memo: Any) -> Any:
        field = super().__deepcopy__(memo)  # type: ignore[misc]  # a field's
        if self._read:
            field.rows = self._read()
        return field

    @property
    def rows(self) -> Iterable[Model]:
        return self._by_key.values()

    @rows.setter
    def rows(self, rows: Iterable[Model]) -> None:
        self._by_key = {str(getattr(row, self._key)): row for row in rows}
        self.choices = self._labels  # made when they are shown, as most forms are only read

    def _labels(self) -> list[tuple[str, Any]]:
        none = [] if self._empty_label is None else [("", self._empty_label)]
        return [*none, *((key, self._label_of(row)) for key, row in self._by_key.items())]

    def _row(self, value: Any) -> Model:
        try:
            return self._by_key[str(value)]
        except KeyError:
            raise forms.ValidationError(
                self.error_messages["invalid_choice"],
                code="invalid_choice",
                params={"value": value},
            ) from None


class RowField(_Rows, forms.ChoiceField):
    """A choice of one row; its value is the row, or None."""

    def to_python(self, value: Any) -> Any:
        return None if value in self.empty_values else self._row(value)

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)


class RowsField(_Rows, forms.MultipleChoiceField):
    """A choice of several rows; its value is a list of them, each once."""

    def to_python(self, value: Any) -> list[Any]:
        return list(dict.fromkeys(self._row(each) for each in super().to_python(value)))

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)
