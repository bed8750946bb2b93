"""One operation of Django's while the SQL for it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.sources.django.names import shortened
from mig.sources.django.state import Field, Model
from mig.sources.python.quoting import quote_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mig.sources.django.calls import Made


@dataclass(slots=True)
class Work:
    """One operation, the model that it changes as it finds it, and the SQL that comes of it."""

    app: str
    made: Made
    model: Model | None
    find_model: Callable[[str], Model | None]
    all_models: Callable[[], Iterable[Model]]
    statements: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    """The fields of the model that must be there under their names."""

    def sql(self, text: str) -> None:
        self.statements.append(text)

    def subject(self) -> Model:
        return self.model if self.model is not None else Model(self.app, "")

    def field(self, at: int = 1, name: str = "name") -> Field | None:
        """A field of the model by the name in an argument."""
        wanted = self.made.get(at, name)
        found = self.subject().fields.get(wanted) if isinstance(wanted, str) else None
        if found is None:
            self.problems.append(f"no migration before makes the field {wanted}, as far as they can be read")
        return found


def q(name: str) -> str:
    return quote_name(shortened(name), "postgresql")


def list_columns(columns: Iterable[str]) -> str:
    return ", ".join(map(q, columns))
