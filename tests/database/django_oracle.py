"""Runs operations with Django itself on a real PostgreSQL, alone and in both orders.

Run as a program, since Django's settings hold for a whole process: a job as JSON on standard input, what came
of it as JSON on standard output.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.migrations.state import ProjectState

_CATALOGUE = """
SELECT 'table:' || relname, relkind::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
UNION ALL
SELECT 'column:' || relname || '.' || attname, concat_ws(' ', format_type(atttypid, atttypmod),
  attnotnull, attidentity, pg_get_expr(adbin, adrelid), col_description(c.oid, attnum))
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'index:' || tablename || '.' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'constraint:' || relname || '.' || conname, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'sequence:' || sequencename, data_type::text FROM pg_sequences WHERE schemaname = 'public'
"""
_ROWS = """
SELECT 'rows:' || table_name || '.' || column_name, (xpath('/table/row/v/text()', query_to_xml(
  format('SELECT %I AS v FROM %I ORDER BY id', column_name, table_name), false, false, '')))::text
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
"""


def main() -> None:
    """Answer the job on standard input."""
    import django
    from django.conf import settings

    job = json.load(sys.stdin)
    database = {"ENGINE": "django.db.backends.postgresql", **job["database"]}
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["shop"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    sys.path.insert(0, job["root"])
    django.setup()
    oracle = Oracle(job["start"], job["code"])
    alone = {name: oracle.run([body]) for name, body in job["operations"].items()}
    pairs = {}
    for one, other in job["pairs"]:
        bodies = [job["operations"][name] for name in (one, other)]
        pairs[f"{one} / {other}"] = [oracle.run(bodies), oracle.run(bodies[::-1])]
    json.dump({"base": oracle.run([]), "alone": alone, "pairs": pairs}, sys.stdout)


class Oracle:
    """A database with the first migration applied; each run is rolled back.

    Args:
        start: the operations of the first migration, as they stand in its file.
        code: the functions that operations name.
    """

    def __init__(self, start: str, code: str) -> None:
        from django.db import connection
        from django.db.migrations.state import ProjectState

        self.connection = connection
        self.start = start
        self.code = code
        self._apply(ProjectState(), start)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO shop_user (id, mail, age) VALUES (1, 'ann', 30), (2, 'bob', 4)")

    def run(self, bodies: list[str]) -> dict[str, Any]:
        """The catalogue, rows and models after some migrations; ``error`` where one fails."""
        from django.db import transaction
        from django.db.migrations.state import ProjectState

        # A state of its own: models of one that was cloned see what is in the other.
        state = ProjectState()
        for operation in _read(self.start, self.code):
            operation.state_forwards("shop", state)
        try:
            with transaction.atomic():
                for body in bodies:
                    state = self._apply(state, body)
                    # What was deferred to the end of a migration's transaction happens at its end.
                    self.connection.check_constraints()
                found = {**self._catalogue(), **_models(state)}
                transaction.set_rollback(True)
        except Exception as error:  # noqa: BLE001 - Django's states fail with all kinds
            return {"error": f"{type(error).__name__}: {error}"}
        return found

    def _apply(self, state: ProjectState, body: str) -> ProjectState:
        """As ``Migration.apply`` does it."""
        for operation in _read(body, self.code):
            before = state.clone()
            operation.state_forwards("shop", state)
            with self.connection.schema_editor() as editor:
                operation.database_forwards("shop", editor, before, state)
        return state

    def _catalogue(self) -> dict[str, str]:
        with self.connection.cursor() as cursor:
            cursor.execute(f"{_CATALOGUE} UNION ALL {_ROWS}")
            return dict(cursor.fetchall())


def _read(body: str, code: str) -> list[Any]:
    from django.db import migrations, models

    names = {"migrations": migrations, "models": models}
    exec(code, names)  # noqa: S102 - our own
    found: list[Any] = eval(f"[{body}]", names)  # noqa: S307 - the same
    return found


def _models(state: ProjectState) -> dict[str, str]:
    """What Django believes of each field, model and manager, in an order of its own."""
    found = {}
    for (label, name), model in state.models.items():
        for field, value in model.fields.items():
            found[f"state:{label}.{name}.{field}"] = repr(value.deconstruct()[1:])
        for option, value in model.options.items():
            shown = sorted(map(repr, value)) if isinstance(value, list | set | tuple) else value
            if value:
                found[f"state:{label}.{name}.({option})"] = repr(shown)
        found[f"state:{label}.{name}"] = repr([str(base) for base in model.bases])
    return found


if __name__ == "__main__":
    main()
