"""Schema and data changes, each of which can write itself four ways."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.columns import Column, camel


class Operation:
    """One schema or data change; each subclass can write itself four ways."""

    def up(self) -> str:
        raise NotImplementedError

    def down(self) -> str:
        raise NotImplementedError

    def alembic(self) -> tuple[str, str]:
        """The upgrade and the downgrade statement."""
        raise NotImplementedError

    def django(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class CreateTable(Operation):
    table: str
    columns: tuple[Column, ...]

    def up(self) -> str:
        body = ",\n".join(f"    {column.sql()}" for column in self.columns)
        return f"CREATE TABLE {self.table} (\n{body}\n);"

    def down(self) -> str:
        return f"DROP TABLE {self.table};"

    def alembic(self) -> tuple[str, str]:
        body = "".join(f"\n        {column.alembic()}," for column in self.columns)
        return (
            f"op.create_table(\n        {self.table!r},{body}\n    )",
            f"op.drop_table({self.table!r})",
        )

    def django(self) -> str:
        fields = "".join(
            f"\n                ({column.django_name()!r}, {column.django()})," for column in self.columns
        )
        return (
            f"migrations.CreateModel(\n            name={camel(self.table)!r},"
            f"\n            fields=[{fields}\n            ],"
            f"\n            options={{'db_table': {self.table!r}}},\n        )"
        )


@dataclass(frozen=True)
class AddColumn(Operation):
    table: str
    column: Column

    def up(self) -> str:
        return f"ALTER TABLE {self.table} ADD COLUMN {self.column.sql()};"

    def down(self) -> str:
        return f"ALTER TABLE {self.table} DROP COLUMN {self.column.name};"

    def alembic(self) -> tuple[str, str]:
        inline = ", inline_references=True" if self.column.target else ""
        return (
            f"op.add_column({self.table!r}, {self.column.alembic()}{inline})",
            f"op.drop_column({self.table!r}, {self.column.name!r})",
        )

    def django(self) -> str:
        return (
            f"migrations.AddField(\n            model_name={camel(self.table).lower()!r},"
            f"\n            name={self.column.django_name()!r},"
            f"\n            field={self.column.django()},\n        )"
        )


@dataclass(frozen=True)
class DropColumn(Operation):
    table: str
    column: Column

    def up(self) -> str:
        return f"ALTER TABLE {self.table} DROP COLUMN {self.column.name};"

    def down(self) -> str:
        return f"ALTER TABLE {self.table} ADD COLUMN {self.column.sql()};"

    def alembic(self) -> tuple[str, str]:
        return (
            f"op.drop_column({self.table!r}, {self.column.name!r})",
            f"op.add_column({self.table!r}, {self.column.alembic()})",
        )

    def django(self) -> str:
        return (
            f"migrations.RemoveField(\n            model_name={camel(self.table).lower()!r},"
            f"\n            name={self.column.django_name()!r},\n        )"
        )


@dataclass(frozen=True)
class RenameColumn(Operation):
    table: str
    old: str
    new: str

    def up(self) -> str:
        return f"ALTER TABLE {self.table} RENAME COLUMN {self.old} TO {self.new};"

    def down(self) -> str:
        return f"ALTER TABLE {self.table} RENAME COLUMN {self.new} TO {self.old};"

    def alembic(self) -> tuple[str, str]:
        return (
            f"op.alter_column({self.table!r}, {self.old!r}, new_column_name={self.new!r})",
            f"op.alter_column({self.table!r}, {self.new!r}, new_column_name={self.old!r})",
        )

    def django(self) -> str:
        return (
            f"migrations.RenameField(\n            model_name={camel(self.table).lower()!r},"
            f"\n            old_name={self.old!r},\n            new_name={self.new!r},\n        )"
        )


@dataclass(frozen=True)
class CreateIndex(Operation):
    name: str
    table: str
    columns: tuple[Column, ...]

    def up(self) -> str:
        return f"CREATE INDEX {self.name} ON {self.table} ({', '.join(c.name for c in self.columns)});"

    def down(self) -> str:
        return f"DROP INDEX {self.name};"

    def alembic(self) -> tuple[str, str]:
        return (
            f"op.create_index({self.name!r}, {self.table!r}, {[c.name for c in self.columns]!r})",
            f"op.drop_index({self.name!r}, {self.table!r})",
        )

    def django_index(self) -> str:
        return f"models.Index(fields={[c.django_name() for c in self.columns]!r}, name={self.name!r})"

    def django(self) -> str:
        return (
            f"migrations.AddIndex(\n            model_name={camel(self.table).lower()!r},"
            f"\n            index={self.django_index()},\n        )"
        )


@dataclass(frozen=True)
class RunSql(Operation):
    """A data change: rows put in, or a column filled in."""

    forward: str
    backward: str

    def up(self) -> str:
        return self.forward

    def down(self) -> str:
        return self.backward

    def alembic(self) -> tuple[str, str]:
        return f"op.execute({self.forward!r})", f"op.execute({self.backward!r})"

    def django(self) -> str:
        return f"migrations.RunSQL({self.forward!r}, {self.backward!r})"
