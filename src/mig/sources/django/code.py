"""Reads which models the code of a ``RunPython`` reads and writes."""

# ruff: noqa: C901 - one branch for each kind of syntax reads best in one place

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from mig.effects.footprint import Access, Effect
from mig.sources.django.calls import Named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.effects.footprint import Operation
    from mig.sources.django.calls import File
    from mig.sources.django.history import History
    from mig.sources.django.state import Field, Model, State

_WRITES = {
    "insert": frozenset(
        [
            "aadd",
            "abulk_create",
            "acreate",
            "add",
            "asave",
            "bulk_create",
            "create",
            "get_or_create",
            "save",
            "set",
            "setattr",
            "update_or_create",
            "aget_or_create",
            "aset",
            "aupdate_or_create",
        ]
    ),
    "update": frozenset(
        [
            "aadd",
            "abulk_update",
            "add",
            "asave",
            "aupdate",
            "bulk_update",
            "clear",
            "remove",
            "save",
            "set",
            "setattr",
            "update",
            "update_or_create",
            "abulk_create",
            "aclear",
            "aremove",
            "aset",
            "aupdate_or_create",
            "bulk_create",
        ]
    ),
    "delete": frozenset(
        ["_raw_delete", "aclear", "adelete", "aremove", "aset", "clear", "delete", "remove", "set"]
    ),
}
"""The names of what writes, by what it does to rows."""
_HARMLESS = (
    "django.conf", "django.core.exceptions", "django.db.migrations", "django.db.models", "django.db.utils",
    "django.db.transaction", "django.utils", "django.db.IntegrityError", "django.contrib.auth.hashers",
)  # fmt: skip
_UNSAFE_LIBRARY = frozenset({"importlib", "runpy", "sqlite3", "subprocess"})
_BEYOND = frozenset(
    {"cursor", "execute", "raw", "extra", "execute_sql", "run_sql", "call_command", "eval", "exec"}
)
_MAX_NODES = 20_000


class Reader(Protocol):
    """What is known of the migration that the code is in."""

    file: File
    history: History
    app: str
    own: str
    state: State

    def find_model(self, name: str) -> Model | None: ...

    def chosen(self, name: str) -> str: ...

    def models_of(self, app: str) -> State | None: ...


def read_code(given: object, reader: Reader, base: Operation) -> Operation:
    """The operation that stands for a ``RunPython``; opaque where its code does more than can be followed."""
    if not isinstance(given, Named):
        return replace(base, opaque="the code is not in this file")
    if given.path.endswith("RunPython.noop"):
        return base
    body = _Body(reader.file)
    if given.path not in reader.file.definitions:
        return replace(base, opaque=f"the code, {given.path}, is not in this file")
    nodes = body.collect(given.path)
    reasons = dict.fromkeys(_find_reasons(nodes, reader.file))
    models: list[Model] = []
    for name in _find_models(nodes, reader.file):
        model = reader.find_model(name) if name else None
        if model is None:
            reasons.setdefault(f"the model {name or 'of a name that is not literal'} is not known")
        elif not model.table:
            reasons.setdefault(f"the table of the model {name} is that of another, or none of Django's")
        else:
            models.append(model)
    words = _words(nodes)
    writes = [aspect for aspect, names in _WRITES.items() if words & names]
    # Those who refer to a row that is deleted are deleted too, or refer to none from then on.
    passed_on = sorted({*writes, "update"}) if "delete" in writes else writes
    given = _find_updated(nodes)
    effects = dict.fromkeys(
        effect
        for model in _related(models, words, reader)
        for effect in _uses(model, words, writes if model in models else passed_on, given)
    )
    return replace(base, effects=tuple(effects), opaque="; ".join([*reasons][:3]))


class _Body:
    """A function of the file with all that it refers to at the top level."""

    def __init__(self, file: File) -> None:
        self._file = file

    def collect(self, name: str) -> list[ast.AST]:
        waiting, seen, nodes = [name], {name}, []
        while waiting:
            here = waiting.pop()
            start: ast.AST | None = self._file.definitions.get(here) or self._file.values.get(here)
            if start is None:
                continue
            for node in ast.walk(start):
                nodes.append(node)
                if isinstance(node, ast.Name) and node.id not in seen:
                    seen.add(node.id)
                    waiting.append(node.id)
        return nodes[:_MAX_NODES]


def _find_reasons(nodes: list[ast.AST], file: File) -> Iterator[str]:
    """What of the code may do more than its models say."""
    if len(nodes) >= _MAX_NODES:
        yield "more code than can be followed"
    editors = {"schema_editor", "editor"}
    if nodes and isinstance(first := nodes[0], ast.FunctionDef) and len(first.args.args) > 1:
        editors.add(first.args.args[1].arg)
    for node in nodes:
        match node:
            case ast.Name(id=name) if name in file.imports and not _is_harmless(file.imports[name]):
                yield f"uses {file.imports[name]}, which is not in this file"
            case ast.Import() | ast.ImportFrom():
                names = [one.name for one in node.names]
                owner = f"{'.' * node.level}{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
                yield from (
                    f"uses {owner}{one}, which is not in this file"
                    for one in names
                    if not _is_harmless(owner + one)
                )
            case ast.Attribute(attr=name) if name in _BEYOND:
                yield f"calls {name}"
            case ast.Name(id=name) if name in _BEYOND:
                yield f"calls {name}"
            case _:
                continue
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if (
                name in editors and attribute != "connection"
            ):
                yield f"uses {name}.{attribute}"
            case _:
                continue


def _is_harmless(path: str) -> bool:
    root = path.partition(".")[0]
    if root in sys.stdlib_module_names:
        return root not in _UNSAFE_LIBRARY
    return any(path == one or path.startswith(f"{one}.") for one in _HARMLESS)


def _find_models(nodes: Iterable[ast.AST], file: File) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr="get_model"), args=args, keywords=keywords):
                given = [file.value(one) for one in (*args, *(k.value for k in keywords))]
                texts = [one for one in given if isinstance(one, str)]
                yield ".".join(texts) if len(texts) == len(given) and 0 < len(texts) < 3 else ""
            case ast.Attribute(attr="get_models"):
                yield ""
            case _:
                continue


def _words(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """All names by which code can speak of fields and methods."""
    found: set[str] = set()
    for node in nodes:
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.keyword(arg=str(name)):
                found.update((name, *name.split("__")))
            case ast.Constant(value=str(text)) if len(text) < 200:
                found.update((text, text.lstrip("-"), *text.lstrip("-").split("__")))
            case _:
                continue
    return frozenset(found)


def _related(models: list[Model], words: frozenset[str], reader: Reader) -> list[Model]:
    """The models, with those that the code can reach from them by the fields that it names."""
    found = {(one.app, one.key): one for one in models}
    waiting = list(models)
    everything = _all_models(reader) if models else []
    leading = _find_leading(everything, words, reader)
    while waiting:
        model = waiting.pop()
        near = [f.target for f in model.fields.values() if _is_followed(f, words)]
        others = [
            m
            for n in near
            if (
                m := model
                if n == "self"
                else reader.find_model(n if "." in n or ":" in n else f"{model.app}.{n}")
            )
        ]
        keys = (f"{model.app}.{model.key}".lower(), ".", id(model))
        behind = sorted({at for key in keys for at in leading.get(key, ())})
        others += [everything[at] for at in behind]
        for other in others:
            if (other.app, other.key) not in found:
                found[other.app, other.key] = other
                waiting.append(other)
    return list(found.values())


def _is_followed(one: Field, words: frozenset[str]) -> bool:
    """Whether code can reach what a field refers to; a model's parent is a part of it."""
    is_parent = one.has("parent_link") or one.has("primary_key")
    return (one.is_to_one or one.is_to_many) and (is_parent or one.name in words)


def _all_models(reader: Reader) -> list[Model]:
    others = (reader.models_of(app) for app in sorted(reader.history.apps - {reader.app}))
    return [model for state in (reader.state, *others) for model in (state or {}).values()]


def _find_leading(
    everything: list[Model], words: frozenset[str], reader: Reader
) -> dict[str | int, list[int]]:
    """The places of models whose relations the code can follow backwards, by the model these lead to.

    One whose target is not known may lead to any: it is at ``.``; what leads to itself is at its own id.
    """
    found: dict[str | int, list[int]] = defaultdict(list)
    for at, owner in enumerate(everything):
        is_reached = f"{owner.key}_set" in words or "delete" in words
        for one in owner.fields.values():
            back = one.made.named.get("related_name")
            named = back if isinstance(back, str) else owner.key
            if (is_reached or named in words) and (one.is_to_one or one.is_to_many):
                target = reader.chosen(one.target)
                found[target.lower() if "." in target else f"{owner.app}.{target}".lower()].append(at)
                if target == "self":
                    found[id(owner)].append(at)
    return found


def _find_updated(nodes: Iterable[ast.AST]) -> frozenset[str] | None:
    """The fields that calls of ``update`` name, which alone could give a row another key; None: any.

    What is saved with another key is another row.
    """
    found: set[str] = set()
    called: list[ast.AST] = []
    spoken: list[ast.AST] = []
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr="update" | "aupdate") as function, args=[], keywords=given):
                called.append(function)
                found.update(keyword.arg or "**" for keyword in given)
            case ast.Attribute(attr="update" | "aupdate") | ast.Constant(value="update" | "aupdate"):
                spoken.append(node)
            case _:
                continue
    is_followed = "**" not in found and all(any(one is other for other in called) for one in spoken)
    return frozenset(found) if is_followed else None


def _find_kept(model: Model, given: frozenset[str] | None) -> str:
    """The columns of a model's key, where nothing can give a row that is there another one."""
    keys = [one for one in model.fields.values() if one.column and one.has("primary_key")]
    named = {"pk", *(one.name for one in keys), *(one.column for one in keys)}
    return "" if given is None or given & named else " ".join(one.column for one in keys)


def _uses(
    model: Model, words: frozenset[str], writes: list[str], given: frozenset[str] | None
) -> Iterator[Effect]:
    from mig.sources.django.relations import many_table

    if not model.table:
        return
    yield Effect(resource=f"state:{model.app}.{model.key}", access=Access.NEED, aspect="query")
    tables = [
        model.table,
        *(many_table(model, f) for f in model.fields.values() if f.is_to_many and f.name in words),
    ]
    for table in tables:
        yield Effect(resource=f"relation:{table}", access=Access.NEED, aspect="query")
        yield Effect(resource=f"table:{table}", access=Access.NEED, aspect="query")
        yield Effect(resource=f"rows:{table}", access=Access.READ, aspect="query")
        yield Effect(resource=f"values:{table}.*", access=Access.READ, aspect="query")
        for aspect in writes:
            if aspect != "update":
                yield Effect(resource=f"rows:{table}", access=Access.WRITE, aspect=aspect)
            if aspect != "delete":
                yield Effect(
                    resource=f"values:{table}.*",
                    access=Access.WRITE,
                    aspect=aspect,
                    spared=_find_kept(model, given) if aspect == "update" and table == model.table else "",
                )
    for one in model.fields.values():
        if one.column and (one.name in words or one.column in words):
            state = f"state:{model.app}.{model.key}.{one.name.lower()}"
            yield Effect(resource=f"column:{model.table}.{one.column}", access=Access.NEED, aspect="query")
            yield Effect(resource=state, access=Access.NEED, aspect="query")
