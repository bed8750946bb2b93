"""Loads migrations with Django's own MigrationLoader, and prints the graph that it makes of them.

This executes the migrations' modules, as Django does: `history_loader.py` starts it, and only when a person
asks for that.  What they import is replaced by dummies, and only the graph counts: what depends on what, what
replaces what.  That keeps most of what a module could do from being done, but it is no sandbox.
"""

from __future__ import annotations

import builtins
import importlib
import json
import os
import pkgutil
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import django
from django.conf import settings
from django.db import OperationalError
from django.db.migrations import Migration, swappable_dependency
from django.db.migrations.loader import MigrationLoader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_REAL = frozenset(
    (
        *("__future__", "collections", "datetime", "decimal", "enum", "functools", "itertools", "json"),
        *("math", "operator", "re", "string", "textwrap", "typing", "uuid"),
    )
)
"""What migrations may really import: it computes and reaches nothing."""
_DANGEROUS = ("open", "exec", "eval", "compile", "input", "breakpoint")


class Missing(Exception):  # noqa: N818 - what a dummy's DoesNotExist stands for
    """Nothing was found: there is no database."""


class Dummy:
    """Stands for whatever a migration imports: may be called, looked into, derived from."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands for anything
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Missing if name.endswith(("Error", "Exception", "DoesNotExist")) else Dummy()

    def __call__(self, *args: object, **_named: object) -> Any:  # noqa: ANN401 - stands for anything
        # Called with a class or a function alone it may be a decorator, which leaves what it decorates.
        return args[0] if len(args) == 1 and callable(args[0]) and not isinstance(args[0], Dummy) else Dummy()

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        """A class of the project's own that migrations derive from is taken for one of Django's."""
        first = next(base for base in bases if isinstance(base, Dummy))
        return (Derived,) if self is first and not any(isinstance(b, type) for b in bases) else ()

    def __getitem__(self, _key: object) -> Dummy:
        return Dummy()

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        return None

    def __add__(self, _other: object) -> Dummy:
        return self

    __radd__ = __or__ = __ror__ = __and__ = __sub__ = __mod__ = __mul__ = __invert__ = __lt__ = __gt__ = (
        lambda self, *_other: self
    )


class _Open(type):
    """Of classes that have whatever is asked for."""

    def __getattr__(cls, name: str) -> object:
        return getattr(Dummy(), name)


class Derived(Migration, metaclass=_Open):
    """What a class derives from whose base is a dummy: a migration, or anything else."""

    def __init__(self, *args: Any, **named: object) -> None:  # noqa: ANN401 - of a class that is not known
        if len(args) == 2 and not named:  # as Django's loader calls it: a name and a label
            super().__init__(*args)


class Recorder:
    """Django's record of what is applied, where there is no database."""

    Migration = Dummy()

    def __init__(self, *_args: object) -> None:
        pass

    @property
    def migration_qs(self) -> object:
        raise OperationalError("there is no database")


class Settings:
    """The names of settings that choose a model; anything else is a dummy."""

    def __getattr__(self, name: str) -> object:
        return getattr(settings, name, "elsewhere.Model") if name.endswith("_MODEL") else Dummy()


_STANDING: dict[str, object] = {
    "django.conf.settings": Settings(),
    "django.db.OperationalError": OperationalError,
    "django.db.ProgrammingError": OperationalError,
    "django.db.migrations.Migration": Migration,
    "django.db.migrations.swappable_dependency": swappable_dependency,
    "django.db.migrations.recorder.MigrationRecorder": Recorder,
}


class Standing(Dummy):
    """A module of Django's: what the graph needs of it is real, the rest is dummies."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands for anything
        full = f"{self._name}.{name}"
        if full in _STANDING:
            return _STANDING[full]
        if any(known.startswith(f"{full}.") for known in _STANDING):
            return Standing(full)
        return super().__getattr__(name)


class Loader(SourceFileLoader):
    """Executes one module with an ``import`` that gives dummies."""

    def __init__(self, fullname: str, path: str, modules: Mapping[str, str]) -> None:
        super().__init__(fullname, path)
        self._modules = modules

    def exec_module(self, module: ModuleType) -> None:
        harmless = {name: Dummy() for name in _DANGEROUS}
        module.__dict__["__builtins__"] = {**vars(builtins), **harmless, "__import__": self._import}
        code = builtins.compile(self.get_data(self.path), self.path, "exec", dont_inherit=True)
        builtins.exec(code, module.__dict__)  # noqa: S102 - what this program is for

    def _import(
        self,
        name: str,
        scope: Mapping[str, object] | None = None,
        _locals: object = None,
        wanted: Sequence[str] | None = (),
        level: int = 0,
    ) -> object:
        if level:
            package = str((scope or {}).get("__package__"))
            full = importlib.util.resolve_name("." * level + name, package)
            return self._own(full, wanted) if full.startswith("checked.") and full.count(".") > 1 else Dummy()
        top = name.partition(".")[0]
        if top in _REAL:
            return builtins.__import__(name, None, None, wanted or (), 0)
        own = self._modules.get(name) or self._modules.get(name.rpartition(".")[0])
        if own and wanted:
            rest = name.rpartition(".")[2] if name not in self._modules else ""
            return self._own(f"{own}.{rest}" if rest else own, wanted)
        return Standing(name if wanted else top)

    def _own(self, full: str, wanted: Sequence[str] | None) -> object:
        """A module beside the migrations, which the project has written for them."""
        try:
            module = importlib.import_module(full)
        except ModuleNotFoundError:
            return Dummy()
        for name in wanted or ():
            if not hasattr(module, name):
                try:
                    importlib.import_module(f"{full}.{name}")
                except ModuleNotFoundError:
                    setattr(module, name, Dummy())
        return module


class Finder(MetaPathFinder):
    """Finds the migrations that are checked out, and has them executed by ``Loader``."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = modules

    def find_spec(self, name: str, path: Sequence[str] | None, _target: object = None) -> ModuleSpec | None:
        if not name.startswith("checked.") or ".migrations" not in name or not path:
            return None
        last = name.rpartition(".")[2]
        for folder in path:
            package, module = Path(folder) / last / "__init__.py", Path(folder) / f"{last}.py"
            if package.is_file():
                loader = Loader(name, str(package), self._modules)
                return spec_from_file_location(
                    name, package, loader=loader, submodule_search_locations=[str(package.parent)]
                )
            if module.is_file():
                return spec_from_file_location(name, module, loader=Loader(name, str(module), self._modules))
        return None


def find_outside(apps: Mapping[str, str]) -> dict[str, set[str]]:
    """The migrations that those of a project name in apps that it does not hold, by the app's label."""
    named: dict[str, set[str]] = {}
    for package in apps.values():
        found = importlib.import_module(f"{package}.migrations")
        for _, module, is_package in pkgutil.iter_modules(found.__path__):
            if is_package or module[0] in "_~":
                continue
            loaded = importlib.import_module(f"{package}.migrations.{module}")
            one = getattr(loaded, "Migration", Migration)
            for attribute in ("dependencies", "run_before", "replaces"):
                setattr(one, attribute, [_as_text(pair) for pair in getattr(one, attribute)])
            for label, name in (*one.dependencies, *one.run_before, *one.replaces):
                if label not in apps:
                    named.setdefault(label, set()).add(name)
    return named


def _as_text(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    """The pair as Python 2 took it, to which ``b"app"`` was a text."""
    if not any(isinstance(part, bytes) for part in pair):
        return pair  # one with a setting is a class of its own
    label, name = (part.decode() if isinstance(part, bytes) else part for part in pair)
    return label, name


def write_outside(root: Path, named: Mapping[str, set[str]]) -> list[str]:
    """Write apps whose migrations depend on one another in the order of their names; gives their packages."""
    for label, names in named.items():
        write_app(root / "outside", label, label)
        folder = root / "outside" / label / "migrations"
        folder.mkdir()
        (folder / "__init__.py").touch()
        before = ""
        for name in sorted((names - {"__first__", "__latest__"}) | {"0001_initial"}):
            needed = f"({label!r}, {before!r})" if before else ""
            (folder / f"{name}.py").write_text(
                "from django.db import migrations\n\nclass Migration(migrations.Migration):\n"
                f"    dependencies = [{needed}]\n"
            )
            before = name
    return [f"outside.{label}" for label in named]


def write_app(root: Path, package: str, label: str) -> None:
    """Write an app without models."""
    folder = root / package
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.py").touch()
    (folder / "apps.py").write_text(
        "from django.apps import AppConfig\n\nclass Stub(AppConfig):\n"
        f"    name = {f'{root.name}.{package}'!r}\n    label = {label!r}\n"
    )


def answer(job: Mapping[str, Any]) -> dict[str, Any]:
    """The graph of one job, whose ``root`` holds the apps as packages below ``checked``."""
    sys.path.insert(0, job["root"])
    sys.meta_path.insert(0, Finder(job["modules"]))
    settings.configure(INSTALLED_APPS=[], DATABASES={}, **job["models"])
    apps: dict[str, str] = job["apps"]
    outside = write_outside(Path(job["root"]), find_outside(apps))
    settings.INSTALLED_APPS = [*apps.values(), *outside]
    django.setup()
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    name, seen = ".".join, dict[tuple[str, str], None]()
    for target in graph.leaf_nodes():
        seen.update(dict.fromkeys(graph.forwards_plan(target)))
    ours = [key for key in seen if key[0] in apps]
    return {
        "heads": sorted(name(key) for key in graph.leaf_nodes() if key[0] in apps),
        "before": {
            name(key): sorted(name(p.key) for p in graph.node_map[key].parents if p.key[0] in apps)
            for key in ours
        },
        "order": [name(key) for key in ours],
    }


def main() -> None:
    """Answer each job of standard input with a line, in a process of its own: settings are set up once."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                told: dict[str, Any] = answer(json.loads(line))
            except BaseException as error:  # noqa: BLE001 - whatever a module raises is the answer
                told = {"error": f"{type(error).__name__}: {error}"}
            sys.stdout.write(f"{json.dumps(told)}\n")
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
