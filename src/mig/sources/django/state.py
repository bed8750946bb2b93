"""Django's model state: which tables and columns the models of an app have after its migrations."""

# ruff: noqa: C901, PLR0911 - one branch for each operation reads best in one place

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mig.sources.django.calls import Made, Named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TO_ONE = ("ForeignKey", "OneToOneField", "ParentalKey")
_NO_COLUMN = frozenset({"TaggableManager", "GenericRelation", "GenericForeignKey", "CompositePrimaryKey"})
_PLAIN = {
    "AutoField": "integer",
    "BigAutoField": "bigint",
    "SmallAutoField": "smallint",
    "BigIntegerField": "bigint",
    "BinaryField": "bytea",
    "BooleanField": "boolean",
    "DateField": "date",
    "DateTimeField": "timestamp with time zone",
    "DurationField": "interval",
    "FloatField": "double precision",
    "GenericIPAddressField": "inet",
    "HStoreField": "hstore",
    "IPAddressField": "inet",
    "IntegerField": "integer",
    "JSONField": "jsonb",
    "NullBooleanField": "boolean",
    "PositiveBigIntegerField": "bigint",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "smallint",
    "SearchVectorField": "tsvector",
    "SmallIntegerField": "smallint",
    "TextField": "text",
    "TimeField": "time",
    "UUIDField": "uuid",
}
_LENGTHS = {"CharField": 0, "EmailField": 254, "FileField": 100, "FilePathField": 100, "ImageField": 100,
            "SlugField": 50, "URLField": 200, "CommaSeparatedIntegerField": 0}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model, as a call declares it."""

    name: str
    made: Made

    @property
    def is_to_one(self) -> bool:
        return self.made.name.endswith(_TO_ONE)

    @property
    def is_to_many(self) -> bool:
        return "ManyToMany" in self.made.name

    @property
    def column(self) -> str:
        """The name of the column; empty where the field has none."""
        if self.is_to_many or self.made.name in _NO_COLUMN:
            return ""
        named = self.made.named.get("db_column")
        return named if isinstance(named, str) else f"{self.name}_id" if self.is_to_one else self.name

    @property
    def target(self) -> str:
        """``app.Model`` or ``Model`` that a relation leads to; empty where it is not known."""
        to = self.made.get(0, "to")
        if isinstance(to, Named):
            return f"settings:{to.path.rpartition('.')[2]}"
        return to if isinstance(to, str) else ""

    def has(self, option: str) -> bool:
        return self.made.named.get(option) is True

    @property
    def is_unique(self) -> bool:
        return self.has("unique") or self.made.name == "OneToOneField"

    @property
    def is_indexed(self) -> bool:
        default = self.made.name == "SlugField" or self.is_to_one
        return not self.is_unique and self.made.named.get("db_index", default) is True

    @property
    def type(self) -> str:
        """The type of the column in PostgreSQL; of a relation, that of the usual key."""
        name, named = self.made.name, self.made.named
        if self.is_to_one:
            return "bigint"
        if name in _PLAIN:
            return _PLAIN[name]
        if name in _LENGTHS:
            length = named.get("max_length", _LENGTHS[name] or None)
            return f"varchar({length})" if isinstance(length, int) else "varchar"
        if name == "DecimalField":
            return f"numeric({named.get('max_digits')}, {named.get('decimal_places')})"
        if name == "ArrayField" and isinstance(base := self.made.get(0, "base_field"), Made):
            return f"{Field(self.name, base).type}[]"
        digest = hashlib.sha256(repr(sorted((k, repr(v)) for k, v in named.items())).encode()).hexdigest()[:8]
        return f'"{self.made.path} {digest}"'


@dataclass(frozen=True, slots=True)
class Model:
    """One model: ``fields`` by name, and its options."""

    app: str
    name: str
    fields: Mapping[str, Field] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    bases: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.name.lower()

    @property
    def table(self) -> str:
        """The name of the table; empty where the model has none that Django manages."""
        if self.options.get("managed") is False or self.options.get("proxy") is True:
            return ""
        named = self.options.get("db_table")
        return named if isinstance(named, str) and named else f"{self.app}_{self.key}"

    @property
    def primary(self) -> str:
        """The column of the primary key."""
        found = next((one for one in self.fields.values() if one.has("primary_key")), None)
        return found.column if found else "id"

    def with_field(self, one: Field) -> Model:
        return replace(self, fields={**self.fields, one.name: one})

    def without_field(self, name: str) -> Model:
        return replace(self, fields={k: v for k, v in self.fields.items() if k != name})

    def with_options(self, **options: object) -> Model:
        return replace(self, options={**self.options, **options})


State = dict[str, Model]
"""The models of one app by their names in lower case."""

_TOGETHER = {
    "AlterUniqueTogether": "unique_together",
    "AlterIndexTogether": "index_together",
    "AlterModelTable": "db_table",
    "AlterOrderWithRespectTo": "order_with_respect_to",
}


def advance(state: State, app: str, made: Made) -> None:
    """Apply one operation to the models; what cannot be read changes nothing."""
    name = made.name
    if name == "CreateModel":
        model = read_model(app, made)
        if model is not None:
            state[model.key] = model
        return
    if name == "SeparateDatabaseAndState":
        for inner in inner_operations(made, "state_operations", 1):
            advance(state, app, inner)
        return
    if name in {"RunSQL", "AddIndex"}:
        for inner in inner_operations(made, "state_operations", 9):
            advance(state, app, inner)
        if name == "RunSQL":
            return
    subject = made.get(0, "model_name" if "Field" in name else "name")
    key = subject.lower() if isinstance(subject, str) else ""
    if name == "RenameModel":
        _rename_model(state, made)
    elif name == "DeleteModel":
        state.pop(key, None)
    elif (model := state.get(key)) is not None:
        changed = _changed(model, made)
        if changed is not None:
            state[key] = changed


def read_model(app: str, made: Made) -> Model | None:
    """The model that ``CreateModel`` makes; None where its name is not known."""
    name, fields, options = made.get(0, "name"), made.get(1, "fields"), made.get(2, "options")
    if not isinstance(name, str) or not isinstance(fields, (list, tuple)):
        return None
    found = [Field(n, one) for n, one in _pairs(fields) if isinstance(one, Made)]
    known = {k: v for k, v in options.items() if isinstance(k, str)} if isinstance(options, dict) else {}
    return Model(app, name, {one.name: one for one in found}, known)


def are_fields_read(made: Made) -> bool:
    """Whether all fields of a ``CreateModel`` can be told."""
    fields = made.get(1, "fields")
    return isinstance(fields, (list, tuple)) and all(
        isinstance(one, (tuple, list))
        and len(one) == 2
        and isinstance(one[0], str)
        and isinstance(one[1], Made)
        for one in fields
    )


def inner_operations(made: Made, name: str, at: int) -> Iterator[Made]:
    """The operations in an argument, as far as they can be read."""
    found = made.get(at, name)
    if isinstance(found, (list, tuple)):
        yield from (one for one in found if isinstance(one, Made))


def _pairs(fields: list[object] | tuple[object, ...]) -> Iterator[tuple[str, object]]:
    for one in fields:
        if isinstance(one, (tuple, list)) and len(one) == 2 and isinstance(one[0], str):
            yield one[0], one[1]


def _rename_model(state: State, made: Made) -> None:
    old, new = made.get(0, "old_name"), made.get(1, "new_name")
    if isinstance(old, str) and isinstance(new, str) and (model := state.pop(old.lower(), None)):
        state[new.lower()] = replace(model, name=new)


def _renamed_in(value: object, old: str, new: str) -> object:
    """A set of sets of fields with one of them under its new name."""
    if isinstance(value, (list, tuple)):
        return [_renamed_in(one, old, new) for one in value]
    return new if value == old else value


def _changed(model: Model, made: Made) -> Model | None:
    name, field_name = made.name, made.get(1, "name")
    match name:
        case "AddField" | "AlterField":
            value = made.get(2, "field")
            if isinstance(field_name, str) and isinstance(value, Made):
                return model.with_field(Field(field_name, value))
        case "RemoveField" if isinstance(field_name, str):
            return model.without_field(field_name)
        case "RenameField":
            old, new = made.get(1, "old_name"), made.get(2, "new_name")
            if isinstance(old, str) and isinstance(new, str) and old in model.fields:
                renamed = {new if k == old else k: v for k, v in model.fields.items()}
                kept = {k: _renamed_in(v, old, new) for k, v in model.options.items()}
                moved = replace(model, fields=renamed, options=kept)
                return moved.with_field(Field(new, model.fields[old].made))
        case "AlterModelOptions":
            options = made.get(1, "options")
            if isinstance(options, dict):
                return model.with_options(**{k: v for k, v in options.items() if isinstance(k, str)})
        case _ if name in _TOGETHER:
            return model.with_options(
                **{_TOGETHER[name]: made.get(1, {"db_table": "table"}.get(_TOGETHER[name], _TOGETHER[name]))}
            )
        case _:
            return None
    return None
