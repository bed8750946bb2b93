"""The values of variables in SQL, for one database; and names that have none, or that nothing uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.catalogue import severity_of
from mig.errors import ConfigError
from mig.findings import Finding
from mig.model import Location
from mig.sources.registry import source_of
from mig.sqltext.variables import Variables, define, unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mig.config import Config, Database
    from mig.model import LineageSnapshot, Snapshot
    from mig.usecases.project import Project

_UNKNOWN, _UNUSED = "MIG015", "MIG016"


def read_variables(
    project: Project, snapshot: Snapshot, database: Database, environment: Mapping[str, str]
) -> Variables:
    """The variables of a database, with the values that the environment holds.

    Raises:
        ConfigError: an environment variable is not set, or a file uses a name that has no value.
    """
    written = project.config.values_for(database)
    if not written:
        return Variables()
    secrets = {name for name, value in written.items() if value.startswith("env:")}
    values = {name: _value(name, value, environment) for name, value in written.items()}
    for lineage in _with_variables(snapshot.lineages):
        for name, place in lineage.variables:
            if name not in values:
                raise ConfigError(
                    f"{place.path}:{place.line}: {unknown_name(name, values)}", hint=define(name)
                )
    return Variables(values=values, secrets=frozenset(secrets))


def find_variable_problems(config: Config, lineages: Iterable[LineageSnapshot]) -> Iterator[Finding]:
    """Names in files that have no value, and names with a value that no file uses."""
    known = config.variable_names
    if not known:
        return
    chosen = _with_variables(lineages)
    for lineage in chosen:
        for name, place in lineage.variables:
            if message := _what_lacks(config, name):
                yield Finding(
                    code=_UNKNOWN,
                    severity=severity_of(_UNKNOWN),
                    message=message,
                    lineage=lineage.lineage.name,
                    locations=(place,),
                )
    used = {name for lineage in chosen for name, _ in lineage.variables}
    for name in sorted(known - used):
        yield _unused(config, name, used - known)


def _with_variables(lineages: Iterable[LineageSnapshot]) -> tuple[LineageSnapshot, ...]:
    return tuple(one for one in lineages if one.variables and source_of(one.lineage).has_extras)


def _what_lacks(config: Config, name: str) -> str:
    lacking = [key for key, one in config.databases.items() if name not in config.values_for(one)]
    if name not in config.variable_names:
        return unknown_name(name, config.variable_names)
    return f"the variable {name} has no value for {', '.join(sorted(lacking))}" if lacking else ""


def _unused(config: Config, name: str, meant: set[str]) -> Finding:
    import difflib

    near = difflib.get_close_matches(name, sorted(meant), n=1, cutoff=0.5)
    return Finding(
        code=_UNUSED,
        severity=severity_of(_UNUSED),
        message=f"no file uses the variable {name}{f' (did you mean {near[0]}?)' if near else ''}",
        locations=(Location(path=config.file),),
    )


def _value(name: str, written: str, environment: Mapping[str, str]) -> str:
    if not written.startswith("env:"):
        return written
    source = written.removeprefix("env:")
    value = environment.get(source)
    if value is None or not value.isprintable():
        why = "is not set" if value is None else "is not one line of printable text"
        raise ConfigError(
            f"the environment variable {source}, which the variable {name} is taken from, {why}",
            hint=f"export {source}=...",
        )
    return value
