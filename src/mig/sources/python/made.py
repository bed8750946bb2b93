"""A call of one of Alembic's operations, with its arguments by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mig.sources.python.quoting import qualify, quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mig.sources.python.expressions import Writer
    from mig.sources.python.recorder import Recorder
    from mig.sources.python.values import Batch


class Made(NamedTuple):
    """One call of an operation with its arguments by name; ``rest`` are those beyond the named ones."""

    args: Mapping[str, object]
    rest: tuple[object, ...]
    batch: Batch | None
    writer: Writer
    recorder: Recorder

    def table(self, key: str = "table_name", schema: str = "schema") -> str:
        """The table's name as SQL, empty where it is not known."""
        if self.batch is not None and key == "table_name":
            return qualify(self.batch.table, self.batch.schema, self.writer.dialect)
        name = self.writer.name(self.args.get(key), "the name of the table")
        prefix = self.schema(schema)
        return f"{prefix}.{name}" if prefix and name else name

    def bare_table(self) -> str:
        name = self.args.get("table_name") if self.batch is None else self.batch.table
        return name if isinstance(name, str) else ""

    def schema(self, key: str = "schema") -> str:
        if self.batch is not None and key == "schema":
            return quote_name(self.batch.schema, self.writer.dialect) if self.batch.schema else ""
        value = self.args.get(key)
        return self.writer.name(value, "the schema") if value is not None else ""

    def is_set(self, key: str) -> bool:
        return self.args.get(key) is True

    def emit(self, *statements: str) -> None:
        """Hand statements over; what was not known belongs to the first of them."""
        problems = tuple(self.writer.problems)
        self.writer.problems.clear()
        for statement in statements or ("",):
            self.recorder.sql(statement, problems, is_made=True)
            problems = ()


PARAMETERS: dict[str, str] = {
    "create_table": "table_name",
    "drop_table": "table_name",
    "rename_table": "table_name new_table_name",
    "add_column": "table_name column",
    "drop_column": "table_name column_name",
    "alter_column": "table_name column_name",
    "create_index": "index_name table_name columns",
    "drop_index": "index_name table_name",
    "create_unique_constraint": "constraint_name table_name columns",
    "create_foreign_key": "constraint_name table_name referent_table local_cols remote_cols",
    "create_check_constraint": "constraint_name table_name condition",
    "create_primary_key": "constraint_name table_name columns",
    "create_exclude_constraint": "constraint_name table_name",
    "drop_constraint": "constraint_name table_name type_",
    "create_table_comment": "table_name comment",
    "drop_table_comment": "table_name",
    "bulk_insert": "table rows",
    "execute": "sqltext",
}
_ALIASES = {
    "source_table": "table_name",
    "old_table_name": "table_name",
    "tablename": "table_name",
    "source": "table_name",
    "referent": "referent_table",
    "source_schema": "schema",
    "name": "new_column_name",
    "type": "type_",
    "condition": "condition",
}


def bind(
    name: str, args: tuple[object, ...], kwargs: Mapping[str, object], batch: Batch | None
) -> Mapping[str, object]:
    """The arguments of an operation by name."""
    names = PARAMETERS[name].split()
    if batch is not None and "table_name" in names:
        names.remove("table_name")
    bound = dict(zip(names, args, strict=False))
    for key, value in kwargs.items():
        wanted = _ALIASES.get(key, key)
        if key == "name" and name != "alter_column":
            wanted = names[0] if names else key
        bound[wanted] = value
    return bound
