"""Follows a migration step by step, within bounds, and keeps what is known about its values."""

# ruff: noqa: C901, PLR0911 - one branch for each kind of value reads best in one place

from __future__ import annotations

import ast
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from mig.sources.pysyntax import line_starts, span
from mig.sources.python import binding, calls, statements
from mig.sources.python.attributes import attribute
from mig.sources.python.compare import look_at_all
from mig.sources.python.expressions import Writer
from mig.sources.python.loaded import Cost, keep_loaded
from mig.sources.python.recorder import Recorder
from mig.sources.python.values import (
    MISSING,
    Attr,
    Binary,
    Call,
    Class,
    Connection,
    Context,
    DialectName,
    Function,
    Group,
    Inspector,
    Instance,
    Items,
    Listed,
    Listing,
    Names,
    Ref,
    Rows,
    Scope,
    TooMuchError,
    Unknown,
    data,
    is_key,
    is_plain,
    is_same,
    sign_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mig.sources.pysyntax import Module
    from mig.sources.python.loaded import Loaded, LoadedModules

MAX_STEPS = 200_000
MAX_DEPTH = 90
MAX_CALLS = 12
MAX_MODULES = 40
MAX_FOREIGN_STEPS = 20_000
_MAX_HOPS = 8
_LONGEST_LINE = 200


class Flow(NamedTuple):
    """How a block ended, where it did not run to its end."""

    kind: str
    value: object = None


class Frame:
    """One call of a function: what its doubtful returns and its yields gave."""

    def __init__(self) -> None:
        self.returned: list[object] = []
        self.yielded: list[object] = []
        self.is_generator = False
        self.is_certain = True


class Machine:
    """The state of following one file."""

    def __init__(
        self,
        module: Module,
        dialect: str,
        find_module: Callable[[str], Module | None] | None,
        loaded: LoadedModules | None = None,
    ) -> None:
        self.harmless: frozenset[str] = frozenset()
        self.dialect = {"postgres": "postgresql", "sqlite3": "sqlite"}.get(dialect.lower(), dialect.lower())
        self.recorder = Recorder(self.dialect, lambda: bool(self.doubt or self.guards))
        self.module = module
        self.doubt = 0
        self.guards = 0
        self.frames: list[Frame] = []
        self._find_module = find_module
        self._modules: dict[str, Scope | None] = {}
        self._loaded: LoadedModules = {} if loaded is None else loaded
        self._used: dict[tuple[object, ...], Loaded] = {}
        self.node: ast.expr = ast.Constant(None, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
        self._steps = 0
        self._depth = self._deepest = 0
        self._most_entered = 0
        self._entered: dict[object, None] = {}
        self._most_steps = MAX_STEPS
        self._foreign = 0
        self._starts = line_starts(module.text)
        # Values that are not known must not look like those of another file.
        self._mark = (zlib.crc32(module.text.encode("utf-8", "surrogatepass")) + 1) * 1_000_000

    def spend(self, steps: int = 1) -> None:
        self._steps += steps
        if self._steps > self._most_steps:
            raise TooMuchError

    def descend(self) -> None:
        """Go one level deeper; ``ascend`` has to follow, whatever happens between."""
        depth = self._depth + 1
        if depth > MAX_DEPTH:
            raise TooMuchError
        self._depth = depth
        self._deepest = max(self._deepest, depth)

    def ascend(self) -> None:
        self._depth -= 1

    @contextmanager
    def doubting(self, *, when: bool = True) -> Iterator[None]:
        """What runs inside may not run at all."""
        self.doubt += when
        try:
            yield
        finally:
            self.doubt -= when

    @contextmanager
    def guarding(self, *, when: bool = True) -> Iterator[None]:
        """What runs inside may fail, and the file goes on."""
        self.guards += when
        try:
            yield
        finally:
            self.guards -= when

    def writer(self) -> Writer:
        self._mark += 1000
        return Writer(self.dialect, self._mark)

    def is_harmless(self, path: str) -> bool:
        """Whether the project says that calls of this name touch no database."""
        parts = path.split(".")
        return any(".".join(parts[:size]) in self.harmless for size in range(1, len(parts) + 1))

    def at(self, node: ast.expr | ast.stmt) -> None:
        """What follows comes from this place; a helper of another file counts where it is called."""
        if self._foreign:
            return
        self.node = node if isinstance(node, ast.expr) else self.node
        start, end = span(node, self.module.text, self._starts)
        text = " ".join(self.module.text[start : min(end, start + 2000)].split())
        if len(text) > _LONGEST_LINE:
            text = f"{text[: _LONGEST_LINE - 3]}..."
        self.recorder.at(node.lineno, node.col_offset + 1, text)

    def opaque(self, why: str) -> None:
        self.recorder.opaque(why)

    def dialect_name(self) -> DialectName:
        return DialectName(("mariadb", "mysql") if self.dialect == "mariadb" else (self.dialect,))

    def look_at(self, values: Iterable[object]) -> None:
        """What an inspector lists goes where it can no longer be told what is asked of it."""
        for value in values:
            if isinstance(value, (Listing, Listed)):
                look_at_all(value.of if isinstance(value, Listed) else value, self)

    def new_items(self, values: list[object], kind: type[Items] = Items) -> Items:
        self.spend(len(values) // 4)
        self.look_at(values)
        made = kind(values)
        made.born = self.doubt
        return made

    def new_names(self) -> Names:
        made = Names()
        made.born = self.doubt
        return made

    def make_default(self, factory: str) -> object:
        """What a ``defaultdict`` puts where nothing is."""
        if factory in {"list", "set"}:
            return self.new_items([], Items if factory == "list" else Group)
        if factory in {"dict", "defaultdict"}:
            return self.new_names()
        return {"int": 0, "str": ""}.get(factory, data("a default"))

    def put(self, names: dict[object, object], key: object, value: object) -> None:
        """``names[key] = value``, which is doubtful in a branch that may not run."""
        if isinstance(names, Names) and (self.doubt > names.born or not is_key(key)):
            names.is_doubtful = True
        self.look_at((key, value))
        # A key that is not known is one of its own, so that what it leads to is not lost.
        names[key if is_key(key) else data("a key")] = value

    def truth(self, value: object) -> bool | None:
        """Whether a value counts as true; None where that is not known."""
        match value:
            case None | bool() | int() | float() | bytes():
                return bool(value)
            case str():
                return bool(value) if value == "" or value.isprintable() else None
            case Items() | Names():
                return None if value.is_doubtful else bool(value)
            case tuple():
                return bool(value)
            case Function() | Class() | Instance() | Inspector() | Connection() | Context():
                return True
            case Listing() | Listed():
                look_at_all(value.of if isinstance(value, Listed) else value, self)
                return None
            case _:
                return None

    def merge(self, *values: object) -> object:
        """What is known of a value that is one of these."""
        self.look_at(values)
        first = values[0] if values else None
        if all(v is first or is_same(v, first) for v in values[1:]):
            return first
        return Unknown("one of several values", is_plain=all(is_plain(v) for v in values))

    def iterate(self, value: object) -> tuple[list[object], bool]:
        """The elements of something, and whether there are exactly these."""
        self.spend()
        match value:
            case Items() | Names() if value.is_doubtful:
                # What was seen stands for all that there may be.
                return list(value) or [data("an element")], False
            case Items() | Names():
                return list(value), True
            case str() if len(value) < 1000:
                return list(value), True
            case tuple() | list():
                return list(value), True
            case Listing():
                return [Listed(value, is_name=value.names or value.kind.endswith(("tables", "names")))], False
            case Rows():
                return [value], False
            case Call() | Attr() | Binary():
                return [calls.consume(value, self)], False
            case Class() if value.find("__tablename__") is None:
                members = [v for k, v in value.names.items() if not k.startswith("_") and is_plain(v)]
                return (members, True) if members else ([data("an element")], False)
            case _:
                return [Unknown("an element", is_plain=is_plain(value))], False

    def resolve(self, value: object) -> object:
        """What an imported name stands for, where the project's own file can be read."""
        if not isinstance(value, Ref) or self._find_module is None or calls.is_known_package(value.path):
            return value
        if self._foreign and self.recorder.is_muted:
            # What a module of the project imports for itself is looked up when it is used.
            return value
        for _ in range(_MAX_HOPS):
            if self.is_harmless(value.path):
                break
            owner, _, name = value.path.rpartition(".")
            scope = self._load(owner) if owner else None
            found = scope.names.get(name, MISSING) if scope is not None else MISSING
            if found is MISSING or found == value:
                break
            if not isinstance(found, Ref) or calls.is_known_package(found.path):
                return found
            # A module may only pass on what it imports itself.
            value = found
        return value

    def _load(self, path: str) -> Scope | None:
        if path in self._modules:
            return self._modules[path]
        self._modules[path] = None
        if len(self._modules) > MAX_MODULES or self._find_module is None:
            return None
        module = self._find_module(path)
        if module is not None:
            self._modules[path] = self._read_once(module, path)
        return self._modules[path]

    def _read_once(self, module: Module, path: str) -> Scope:
        """A module's names, which an earlier migration may have had read; nothing tells the two apart."""
        key = (path, self.dialect, self.harmless, self.doubt)
        found = self._loaded.get(key)
        if found is None or found.module is not module or not self._has_room(found.cost):
            found, scope = self._read_to_keep(module, path)
            if found is None:
                return scope
            self._loaded[key] = found
        else:
            self.spend(found.cost.steps)
        self._used[key] = found
        return found.scope

    def _has_room(self, cost: Cost) -> bool:
        return self._depth + cost.depth <= MAX_DEPTH and len(self._entered) + cost.calls <= MAX_CALLS

    def _read_to_keep(self, module: Module, path: str) -> tuple[Loaded | None, Scope]:
        steps, depth, calls = self._steps, self._depth, len(self._entered)
        peaks, self._deepest, self._most_entered = (self._deepest, self._most_entered), depth, calls
        before = self._traces()
        scope = self.read_module(module, path)
        cost = Cost(steps=self._steps - steps, depth=self._deepest - depth, calls=self._most_entered - calls)
        self._deepest, self._most_entered = max(peaks[0], self._deepest), max(peaks[1], self._most_entered)
        # What has left a trace elsewhere than in its names does so each time.
        return (keep_loaded(module, scope, cost) if self._traces() == before else None), scope

    def _traces(self) -> tuple[int, ...]:
        return (self._mark, self.doubt, self.guards, self.recorder.characters)

    def leave(self) -> None:
        """Let the next migrations have the modules that this one has not changed."""
        for key, used in self._used.items():
            if not used.is_unchanged() and self._loaded.get(key) is used:
                del self._loaded[key]

    def read_module(self, module: Module, path: str = "") -> Scope:
        """The names that a module binds; what it does while it is imported is no part of the migration."""
        scope = Scope(module=path, package=path if module.is_package else path.rpartition(".")[0])
        muted, self.recorder.is_muted = self.recorder.is_muted, True
        self._foreign += bool(path)
        try:
            statements.execute(module.tree.body, scope, self)
        finally:
            self.recorder.is_muted = muted
            self._foreign -= bool(path)
        return scope

    def assign(self, target: ast.expr, value: object, scope: Scope) -> None:
        binding.assign(target, value, scope, self)

    def call(
        self, func: object, args: tuple[object, ...], kwargs: dict[str, object], node: ast.expr
    ) -> object:
        return calls.call(calls.Request(func, args, kwargs, node), self)

    def call_value(self, func: object, args: tuple[object, ...]) -> object:
        """Call something that was handed over as a value."""
        if isinstance(func, Function):
            return self.invoke(func, args, {})
        return self.call(func, args, {}, self.node)

    def attribute(self, base: object, name: str) -> object:
        return self.resolve(attribute(base, name, self))

    def yielded(self, value: object, *, many: bool) -> None:
        if not self.frames:
            return
        frame = self.frames[-1]
        frame.is_generator = True
        items, certain = self.iterate(value) if many else ([value], True)
        frame.yielded += items
        frame.is_certain = frame.is_certain and certain and not self.doubt

    def invoke(self, function: Function, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        """Follow a call of one of the file's functions, or of one that its project holds."""
        name = getattr(function.node, "name", "a lambda")
        if function.wrapped_by:
            self.opaque(f"{name} is wrapped by {function.wrapped_by}, which is not in this file")
        if not function.scope.module_name() or self._foreign:
            return self._enter(function, args, kwargs)
        start, steps = len(self.recorder.operations), self._steps
        self._foreign += 1
        self._most_steps, most = min(self._most_steps, steps + MAX_FOREIGN_STEPS), self._most_steps
        try:
            result = self._enter(function, args, kwargs)
            self.recorder.summarise(start, f"calls {name}")
        except TooMuchError:
            del self.recorder.operations[start:]
            self.opaque(f"calls {name}, which does more than can be followed")
            return Unknown(f"what {name} gives")
        finally:
            self._foreign -= 1
            self._most_steps, self._steps = most, min(self._steps, steps + MAX_FOREIGN_STEPS)
        return result

    def _enter(self, function: Function, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        self.spend(5)
        key = (id(function.node), tuple(sign_of(a) for a in (*args, *kwargs.values())))
        if key in self._entered:
            # A call within itself with nothing more known does nothing more.
            return Unknown("what a recursive call gives", is_plain=all(is_plain(a) for a in args))
        if len(self._entered) >= MAX_CALLS:
            self.opaque(f"{getattr(function.node, 'name', 'a lambda')} is called in too many levels")
            return Unknown("what a recursive call gives")
        scope = Scope(outer=function.scope, names=self._bind(function, args, kwargs))
        self._entered[key] = None
        self._most_entered = max(self._most_entered, len(self._entered))
        self.frames.append(Frame())
        try:
            return self._run(function, scope)
        finally:
            self.frames.pop()
            self._entered.pop(key, None)

    def _run(self, function: Function, scope: Scope) -> object:
        if isinstance(function.node, ast.Lambda):
            return statements.value_of(function.node.body, scope, self)
        before, guards = self.doubt, self.guards
        flow = statements.execute(function.node.body, scope, self)
        self.doubt, self.guards = before, guards
        frame = self.frames[-1]
        if frame.is_generator:
            made = self.new_items(frame.yielded)
            made.is_doubtful = not frame.is_certain
            return made
        last = [flow.value if flow is not None else None] if flow is None or flow.kind == "return" else []
        return self.merge(*frame.returned, *last)

    def _bind(
        self, function: Function, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> dict[str, object]:
        """The parameters of a function with what a call gives for them."""
        wanted = function.node.args
        names = [a.arg for a in (*wanted.posonlyargs, *wanted.args)]
        if function.bound is not None:
            args = (function.bound, *args)
        bound: dict[str, object] = {}
        defaults = [*([None] * (len(names) - len(wanted.defaults))), *wanted.defaults]
        pairs = [*zip(names, defaults, strict=False)]
        pairs += list(zip([a.arg for a in wanted.kwonlyargs], wanted.kw_defaults, strict=False))
        for name, default in pairs:
            known = statements.value_of(default, function.scope, self) if default is not None else None
            bound[name] = known if default is not None else Unknown(f"the parameter {name}")
        if "*" in kwargs or "**" in kwargs:
            bound = dict.fromkeys(bound, Unknown("an argument of a call that is not known"))
        bound.update(zip(names, args, strict=False))
        bound.update({k: v for k, v in kwargs.items() if k in bound})
        if wanted.vararg:
            bound[wanted.vararg.arg] = tuple(args[len(names) :])
        if wanted.kwarg:
            others = self.new_names()
            others.update({k: v for k, v in kwargs.items() if k not in bound})
            bound[wanted.kwarg.arg] = others
        return bound
