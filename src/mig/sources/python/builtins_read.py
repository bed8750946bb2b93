"""Carries out what Python's own functions and methods do to values that are known."""

# ruff: noqa: PLR0911 - one branch for each kind of value reads best in one place

from __future__ import annotations

import inspect
import itertools
import json
import textwrap
from typing import TYPE_CHECKING

from mig.sources.python.arithmetic import text_of
from mig.sources.python.quoting import HOLE, is_known
from mig.sources.python.values import (
    Group,
    Instance,
    Items,
    Listing,
    Names,
    Ref,
    Unknown,
    data,
    is_plain,
    is_small,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mig.sources.python.machine import Machine

_LONGEST = 200_000
_TEXT_SAFE_WORDS = """
    strip lstrip rstrip lower upper title capitalize casefold swapcase removeprefix removesuffix
    startswith endswith isdigit isalpha isupper islower isidentifier find index count
"""
_TEXT_SAFE = frozenset(_TEXT_SAFE_WORDS.split())
_SAME = frozenset({"list", "set", "tuple", "frozenset", "sorted", "iter"})
_ELEMENTWISE = frozenset({"any", "all", "map", "filter", "enumerate", "zip", "isinstance", "print", "next"})
_TEXT_LISTS = frozenset({"split", "rsplit", "splitlines", "partition", "rpartition"})


def call_builtin(
    name: str, args: tuple[object, ...], kwargs: Mapping[str, object], machine: Machine
) -> object:
    """``len(x)`` and its like."""
    if len(args) == 1 and isinstance(args[0], Listing) and name in _SAME:
        return args[0]
    if name not in _ELEMENTWISE:
        machine.look_at(args)
    reader = _BUILTINS.get(name)
    if reader is not None and "*" not in kwargs:
        try:
            return reader(args, kwargs, machine)
        except (IndexError, TypeError, ValueError, OverflowError):
            return data(f"what {name} gives")
    return Unknown(f"what {name} gives", is_plain=True)


def _len(args: tuple[object, ...], _kwargs: Mapping[str, object], _machine: Machine) -> object:
    value = args[0]
    if isinstance(value, (Items, Names)) and value.is_doubtful:
        return number("a length")
    if isinstance(value, str) and not is_known(value):
        return number("a length")
    return len(value) if isinstance(value, (str, list, tuple, dict, bytes)) else number("a length")


def _range(args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
    bounds = [a for a in args if isinstance(a, int)]
    if len(bounds) < len(args):
        made = machine.new_items([number("a counter")])
        made.is_doubtful = True
        return made
    counted = range(*bounds)
    machine.spend(len(counted) // 4)
    return machine.new_items(list(counted))


def _listed(kind: type[Items]) -> Callable[..., object]:
    def make(args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
        if not args:
            return machine.new_items([], kind)
        items, certain = machine.iterate(args[0])
        if kind is Group:
            kept: list[object] = []
            for value in items[:2000]:
                machine.spend(len(kept) // 50)
                if not any(v is value or (isinstance(v, (str, int)) and v == value) for v in kept):
                    kept.append(value)
            items = kept
        made = machine.new_items(items, kind)
        made.is_doubtful = not certain
        return made

    return make


def _tuple(args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
    items, certain = machine.iterate(args[0]) if args else ([], True)
    machine.spend(len(items) // 4)
    return tuple(items) if certain else data("a tuple")


def _dict(args: tuple[object, ...], kwargs: Mapping[str, object], machine: Machine) -> object:
    made = machine.new_names()
    if args and isinstance(args[0], dict):
        made.update(args[0])
        made.is_doubtful = getattr(args[0], "is_doubtful", False)
    elif args:
        items, certain = machine.iterate(args[0])
        made.is_doubtful = not certain
        for pair in items:
            if isinstance(pair, (tuple, list)) and len(pair) == 2:
                machine.put(made, pair[0], pair[1])
            else:
                machine.put(made, data("a key"), data("an element"))
                made.is_doubtful = True
    made.update({k: v for k, v in kwargs.items() if k != "**"})
    return made


def _zip(args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
    columns = [machine.iterate(a) for a in args]
    made = machine.new_items([tuple(row) for row in zip(*(c[0] for c in columns), strict=False)])
    made.is_doubtful = not all(certain for _, certain in columns)
    return made


def _enumerate(args: tuple[object, ...], kwargs: Mapping[str, object], machine: Machine) -> object:
    items, certain = machine.iterate(args[0])
    start = args[1] if len(args) > 1 else kwargs.get("start", 0)
    first = start if isinstance(start, int) else 0
    made = machine.new_items(
        [(at if certain else number("a counter"), v) for at, v in enumerate(items, first)]
    )
    made.is_doubtful = not certain
    return made


def _sorted(args: tuple[object, ...], kwargs: Mapping[str, object], machine: Machine) -> object:
    items, certain = machine.iterate(args[0])
    if "key" not in kwargs and all(isinstance(v, str) for v in items):
        items = sorted(items, key=str)
    made = machine.new_items(items)
    made.is_doubtful = not certain
    return made


def _reversed(args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
    items, certain = machine.iterate(args[0])
    made = machine.new_items(items[::-1])
    made.is_doubtful = not certain
    return made


def _each(args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
    """``map`` and, for what the function may do, ``filter``."""
    items, certain = machine.iterate(args[1])
    with machine.doubting(when=not certain):
        made = machine.new_items([machine.call_value(args[0], (v,)) for v in items])
    made.is_doubtful = not certain
    return made


def _filter(args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
    items, _ = machine.iterate(args[1])
    with machine.doubting():
        if args[0] is not None:
            for value in items:
                machine.call_value(args[0], (value,))
    made = machine.new_items(items)
    made.is_doubtful = True
    return made


def _quantified(wanted: bool) -> Callable[..., object]:  # noqa: FBT001
    def settle(args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
        items, certain = machine.iterate(args[0])
        known = [machine.truth(v) for v in items]
        if wanted in known and certain:
            return wanted
        if len(items) == 1 and isinstance(items[0], Unknown) and items[0].exists:
            return items[0]
        return (not wanted) if certain and None not in known else data("a condition")

    return settle


def _text(args: tuple[object, ...], _kwargs: Mapping[str, object], _machine: Machine) -> object:
    return text_of(args[0]) if args else ""


def _int(args: tuple[object, ...], _kwargs: Mapping[str, object], _machine: Machine) -> object:
    value = args[0] if args else 0
    if isinstance(value, (int, float)) and abs(value) < 2**63:
        return int(value)
    return (
        int(value) if isinstance(value, str) and value.isdigit() and len(value) < 18 else number("a number")
    )


def _bool(args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
    known = machine.truth(args[0]) if args else False
    return known if known is not None else args[0] if isinstance(args[0], Unknown) else data("a condition")


def _getattr(args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
    if isinstance(args[1], str) and is_known(args[1]):
        return machine.attribute(args[0], args[1])
    return Unknown("an attribute", is_plain=is_plain(args[0]))


def _setattr(args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
    if isinstance(args[0], Instance) and isinstance(args[1], str):
        args[0].names[args[1]] = args[2]
    elif not is_plain(args[0]):
        machine.opaque("an attribute is set whose name is not a literal")
    return None


def _next(args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
    items, certain = machine.iterate(args[0])
    return items[0] if certain and items else Unknown("an element", is_plain=all(is_plain(v) for v in items))


def _opaque(_args: tuple[object, ...], _kwargs: Mapping[str, object], machine: Machine) -> object:
    machine.opaque("code that is put together as it runs")
    return Unknown("what code gives")


_BUILTINS: dict[str, Callable[..., object]] = {
    "len": _len,
    "range": _range,
    "list": _listed(Items),
    "set": _listed(Group),
    "frozenset": _listed(Group),
    "iter": _listed(Items),
    "tuple": _tuple,
    "dict": _dict,
    "zip": _zip,
    "enumerate": _enumerate,
    "sorted": _sorted,
    "reversed": _reversed,
    "map": _each,
    "filter": _filter,
    "any": _quantified(True),
    "all": _quantified(False),
    "str": _text,
    "int": _int,
    "bool": _bool,
    "getattr": _getattr,
    "setattr": _setattr,
    "next": _next,
    "exec": _opaque,
    "eval": _opaque,
    "compile": _opaque,
    "__import__": _opaque,
}


def call_library(
    path: str, args: tuple[object, ...], kwargs: Mapping[str, object], machine: Machine
) -> object:
    """The few functions of the standard library that migrations make their text and lists with."""
    name = path.rpartition(".")[2]
    first = args[0] if args else None
    if name == "defaultdict":
        made_names = machine.new_names()
        made_names.factory = first.name if isinstance(first, Ref) else "?"
        return made_names
    if name in {"OrderedDict", "ChainMap", "Counter"}:
        return _dict(args if name == "OrderedDict" else (), kwargs, machine)
    if name in {"dedent", "cleandoc"} and isinstance(first, str) and len(first) < _LONGEST:
        machine.spend(len(first) // 100)
        return textwrap.dedent(first) if name == "dedent" else inspect.cleandoc(first)
    if name == "chain" or path.endswith("chain.from_iterable"):
        parts = [
            machine.iterate(a)
            for a in (machine.iterate(first)[0] if path.endswith("from_iterable") else args)
        ]
        made = machine.new_items([v for items, _ in parts for v in items])
        made.is_doubtful = not all(certain for _, certain in parts)
        return made
    if path == "itertools.product" and not kwargs:
        return _product(args, machine)
    if path == "json.dumps" and not kwargs and is_small(first, 2000) and _is_json(first):
        return json.dumps(first)
    return data(f"what {path} gives")


def _product(args: tuple[object, ...], machine: Machine) -> object:
    parts = [machine.iterate(a) for a in args]
    size = 1
    for items, _ in parts:
        size *= len(items)
    machine.spend(size)
    made = machine.new_items(list(itertools.product(*(items for items, _ in parts))))
    made.is_doubtful = not all(certain for _, certain in parts)
    return made


def _is_json(value: object, depth: int = 0) -> bool:
    match value:
        case None | bool() | int() | float():
            return True
        case str():
            return is_known(value)
        case list() | tuple():
            return depth < 20 and all(_is_json(v, depth + 1) for v in value)
        case dict():
            return depth < 20 and all(isinstance(k, str) and _is_json(v, depth + 1) for k, v in value.items())
        case _:
            return False


def call_text(
    text: str, name: str, args: tuple[object, ...], kwargs: Mapping[str, object], machine: Machine
) -> object:
    """A method of a string."""
    machine.spend(len(text) // 200)
    if name == "join" and args:
        return _join(text, args[0], machine)
    if name == "format":
        return _format(text, args, kwargs)
    known = all(isinstance(a, (str, int, type(None))) for a in (*args, *kwargs.values()))
    try:
        if name == "replace" and len(args) >= 2:
            old, new = text_of(args[0]), text_of(args[1])
            return text.replace(old, new) if old and len(text) * max(len(new), 1) < _LONGEST * 10 else HOLE
        if name in _TEXT_LISTS and known and len(text) < _LONGEST:
            found = getattr(text, name)(*args, **kwargs)
            return found if isinstance(found, tuple) else machine.new_items(found)
        if name in _TEXT_SAFE and known:
            found = getattr(text, name)(*args, **kwargs)
            return found if is_known(text) or isinstance(found, str) else data("something about text")
    except (TypeError, ValueError, LookupError):
        return data(f"what {name} gives")
    return data(f"what {name} gives")


def _join(text: str, values: object, machine: Machine) -> object:
    items, certain = machine.iterate(values)
    if not certain:
        return HOLE
    found = [text_of(v) for v in items]
    machine.spend((sum(map(len, found)) + len(text) * len(found)) // 200)
    return text.join(found)


def _format(text: str, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
    fields = text.split("{")[1:]
    if len(text) > _LONGEST or any(":" in f.partition("}")[0] or "*" in kwargs for f in fields):
        return HOLE
    shown = [text_of(a) for a in args]
    try:
        return text.format(*shown, **{k: text_of(v) for k, v in kwargs.items()})
    except (LookupError, ValueError, AttributeError):
        return HOLE
