"""Says what each of Django's operations does to the database and to the state of the models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mig.effects.footprint import Access, Effect, Operation, unread_file
from mig.effects.sql import read_sql
from mig.sources.base import Problem
from mig.sources.django import tables
from mig.sources.django.calls import Made, Named
from mig.sources.django.code import read_code
from mig.sources.django.history import History
from mig.sources.django.state import Model, State, advance, are_fields_read, inner_operations
from mig.sources.django.state_effects import MODEL_FIRST, state_effects, words_of_name
from mig.sources.django.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mig.sources.django.calls import File
    from mig.sources.python_modules import Surroundings

_OWN = ("django.", "migrations.")
_FIELDS = frozenset({"AddField", "AlterField", "RemoveField", "RenameField"})
_EXTENSIONS = {
    "BloomExtension": "bloom", "BtreeGinExtension": "btree_gin", "BtreeGistExtension": "btree_gist",
    "CITextExtension": "citext", "CryptoExtension": "pgcrypto", "HStoreExtension": "hstore",
    "TrigramExtension": "pg_trgm", "UnaccentExtension": "unaccent",
}  # fmt: skip


def read_operations(path: str, dialect: str, around: Surroundings | None) -> tuple[Operation, ...]:
    """The operations of a file, in order; what cannot be read is opaque.

    Names need the models as the migrations before made them, which ``around`` leads to.
    """
    history = around.history if around is not None else None
    own = history.find(path) if isinstance(history, History) else ""
    if around is None or not isinstance(history, History) or not own:
        return (unread_file("the models that it changes are not known without its project"),)
    file = history.file(own)
    if isinstance(file, Problem):
        return (unread_file(file.message),)
    reader = _Reader(file, history, own, dialect)
    found = tuple(reader.read())
    around.answers.update((app, history.answer(app)) for app in reader.asked)
    return found


class _Reader:
    """One file, operation by operation, with the models as they are before each."""

    def __init__(self, file: File, history: History, own: str, dialect: str) -> None:
        self.file = file
        self.history = history
        self.own = own
        self.app = history.graph.migrations[own].app
        self.dialect = dialect
        self.asked: set[str] = set()
        """The apps whose models do not follow from what comes before."""
        self.state: State = dict(history.before(own))

    def read(self) -> Iterator[Operation]:
        for made in self.history.operations(self.own):
            if not isinstance(made, Made):
                line = getattr(getattr(made, "node", None), "lineno", 1)
                yield Operation(
                    kind="python", text="", line=line, opaque="operations that only running it would tell"
                )
                continue
            yield from self._read_one(made)
            advance(self.state, self.app, made)

    def find_model(self, name: str) -> Model | None:
        """The model that ``Model`` or ``app.Model`` names, as this migration finds it."""
        app, dot, model = self.chosen(name).partition(".")
        if dot and not app:
            return None
        if not dot:
            app, model = self.app, app
        state = self.models_of(app)
        return Model(app, model) if state is None else state.get(model.lower())

    def all_models(self) -> Iterator[Model]:
        """The models of the whole project as this migration finds them."""
        for app in sorted({self.app, *self.history.apps}):
            yield from (self.models_of(app) or {}).values()

    def chosen(self, name: str) -> str:
        """The model that settings choose, where a name speaks of one; ``.`` where that is not known."""
        if not name.startswith("settings:"):
            return name
        setting = name.removeprefix("settings:")
        return self.history.models.get(setting, "auth.User" if setting == "AUTH_USER_MODEL" else ".")

    def models_of(self, app: str) -> State | None:
        """The models of an app as this migration finds them; None of an app outside of the project."""
        if app == self.app:
            return self.state
        if not self.history.is_before(app, self.own):
            self.asked.add(app)
        return self.history.elsewhere(self.own, app) if app in self.history.apps else None

    def _read_one(self, made: Made) -> Iterator[Operation]:
        base = Operation(kind=words_of_name(made.name), text=made.text, line=made.line, column=made.column)
        if not made.path.startswith("django."):
            yield replace(base, opaque=f"what the operation {made.name} does is not known")
        elif made.name == "RunSQL":
            yield from self._run_sql(made, base)
        elif made.name == "RunPython":
            yield read_code(made.get(0, "code"), self, base)
        elif made.name == "SeparateDatabaseAndState":
            yield from self._separate(made, base)
        elif (extension := _EXTENSIONS.get(made.name)) or made.name == "CreateExtension":
            named = extension or made.get(0, "name")
            yield from self._sql(base, [f'CREATE EXTENSION IF NOT EXISTS "{named}"'], ())
        else:
            yield from self._change(made, base)

    def _change(self, made: Made, base: Operation) -> list[Operation]:
        render = tables.RENDERERS.get(made.name)
        if render is None:
            return [replace(base, opaque=f"what the operation {made.name} does is not known")]
        key = (
            "model_name" if made.name in MODEL_FIRST else "old_name" if made.name == "RenameModel" else "name"
        )
        subject = made.get(0, key)
        if not isinstance(subject, str):
            return [replace(base, opaque="the name of the model is not known")]
        model = self.state.get(subject.lower())
        if made.name == "CreateModel":
            if not are_fields_read(made):
                return [replace(base, opaque="the fields of the model are not all known")]
        elif model is None:
            why = f"no migration before makes the model {subject}, as far as they can be read"
            return [replace(base, opaque=why)]
        done = Work(self.app, made, model, self.find_model, self.all_models)
        render(done)
        states = (*state_effects(self.app, made), *self._needs(model, done.fields))
        first, *rest = self._sql(base, done.statements, states)
        problems = "; ".join(dict.fromkeys(done.problems))
        return [replace(first, opaque="; ".join(filter(None, [problems, first.opaque]))), *rest]

    def _needs(self, model: Model | None, fields: list[str]) -> Iterator[Effect]:
        if model is None:
            return
        for name in dict.fromkeys(fields):
            resource = f"state:{self.app}.{model.key}.{name.lower()}"
            yield Effect(resource=resource, access=Access.NEED, aspect="table")

    def _sql(self, base: Operation, statements: list[str], more: tuple[Effect, ...]) -> list[Operation]:
        """One operation for each statement that Django sends; the first changes the state too."""
        read = [one for text in statements for one in read_sql(text, "postgresql")]
        operations = [replace(base, effects=one.effects, opaque=one.opaque) for one in read]
        first = operations[0] if operations else base
        return [replace(first, effects=(*more, *first.effects)), *operations[1:]]

    def _run_sql(self, made: Made, base: Operation) -> Iterator[Operation]:
        sql = made.get(0, "sql")
        texts = [sql] if isinstance(sql, str) else sql if isinstance(sql, (list, tuple)) else [None]
        if isinstance(sql, Named):
            # RunSQL.noop
            texts = [] if sql.path.endswith("RunSQL.noop") else [None]
        for one in texts:
            text = one[0] if isinstance(one, (list, tuple)) and one else one
            if not isinstance(text, str):
                yield replace(base, opaque="the SQL is not known")
                continue
            for found in read_sql(text, self.dialect, made.line):
                yield replace(found, line=made.line, column=made.column)
        yield from self._state_only(made, base, 9)

    def _separate(self, made: Made, base: Operation) -> Iterator[Operation]:
        inner = made.get(0, "database_operations")
        # They see the state as the ones before them leave it, and leave none behind.
        before, self.state = self.state, dict(self.state)
        for one in inner if isinstance(inner, (list, tuple)) else [] if inner is None else [inner]:
            if not isinstance(one, Made):
                yield replace(base, opaque="operations that only running it would tell")
                continue
            yield from self._read_one(one)
            advance(self.state, self.app, one)
        self.state = before
        yield from self._state_only(made, base, 1)

    def _read_otherwise(self, made: Made) -> Iterator[Effect]:
        """A model whose fields change without its table: code asks for other columns then."""
        first = made.get(0, "model_name")
        model = self.find_model(first) if isinstance(first, str) else None
        if made.name in _FIELDS and model is not None and model.table:
            why = "code reads the rows with the columns that the model has"
            for kind in (f"rows:{model.table}", f"values:{model.table}.*"):
                yield Effect(resource=kind, access=Access.WRITE, aspect="insert", implicit=why)

    def _state_only(self, made: Made, base: Operation, at: int) -> Iterator[Operation]:
        given = made.get(at, "state_operations")
        if given is not None and not isinstance(given, (list, tuple)):
            yield replace(base, opaque="state operations that only running it would tell")
        for one in inner_operations(made, "state_operations", at):
            effects = (*state_effects(self.app, one), *self._read_otherwise(one))
            yield replace(
                base, kind=f"{words_of_name(one.name)} (state)", line=one.line, text=one.text, effects=effects
            )
