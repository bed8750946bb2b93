"""Columns: one kind, spelled as SQL, SQLAlchemy and Django spell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Kind(NamedTuple):
    """A column type as SQL, SQLAlchemy and Django write it."""

    sql: str
    sqlalchemy: str
    django: str
    django_args: str


KINDS = {
    "key": Kind("integer PRIMARY KEY", "sa.Integer()", "IntegerField", "primary_key=True, serialize=False"),
    "int": Kind("integer", "sa.Integer()", "IntegerField", "null=True"),
    "count": Kind("integer NOT NULL DEFAULT 0", "sa.Integer()", "IntegerField", "default=0"),
    "text": Kind("text", "sa.Text()", "TextField", "null=True"),
    "name": Kind("varchar(120)", "sa.String(120)", "CharField", "max_length=120, null=True"),
    "flag": Kind("boolean", "sa.Boolean()", "BooleanField", "null=True"),
    "money": Kind(
        "numeric(12, 2)",
        "sa.Numeric(12, 2)",
        "DecimalField",
        "max_digits=12, decimal_places=2, null=True",
    ),
    "when": Kind("timestamp", "sa.DateTime()", "DateTimeField", "null=True"),
}
PLAIN_KINDS = tuple(kind for kind in KINDS if kind != "key")


@dataclass(frozen=True)
class Column:
    """A column; one with ``target`` is a foreign key to ``target.id``."""

    name: str
    kind: str
    target: str = ""

    def sql(self) -> str:
        reference = f" REFERENCES {self.target} (id)" if self.target else ""
        return f"{self.name} {KINDS[self.kind].sql}{reference}"

    def alembic(self) -> str:
        args = [repr(self.name), KINDS[self.kind].sqlalchemy]
        if self.target:
            args.append(f"sa.ForeignKey({self.target + '.id'!r})")
        if self.kind == "key":
            args.append("primary_key=True, autoincrement=False")
        elif self.kind == "count":
            args.append("nullable=False, server_default='0'")
        return f"sa.Column({', '.join(args)})"

    def django_name(self) -> str:
        """Django adds the ``_id`` of a foreign key's column by itself."""
        return self.name.removesuffix("_id") if self.target else self.name

    def django(self) -> str:
        if self.target:
            return (
                f"models.ForeignKey({'app.' + camel(self.target)!r}, models.DO_NOTHING, "
                f"null=True, db_index=False, related_name='+')"
            )
        kind = KINDS[self.kind]
        return f"models.{kind.django}({kind.django_args})"


def camel(snake: str) -> str:
    return "".join(part.capitalize() for part in snake.split("_"))
