"""Writes the configuration, the folder of migrations and, asked, the hooks."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.errors import ConfigError, SourceError
from mig.model import Lineage
from mig.usecases.settled import refuse_bare
from mig.usecases.write import Change, read_on_disk, write_changes

if TYPE_CHECKING:
    from pathlib import Path

    from mig.usecases.project import Project

# Git keeps no empty folders.  A file that begins with a dot is never read as a migration.
_KEPT = ".gitkeep"


@dataclass(frozen=True, slots=True, kw_only=True)
class InitResult:
    """What ``mig init`` found and wrote.

    ``config`` is the configuration's path, ``folder`` that of the migrations; both are relative to
    ``root``.  ``hooks`` says of each hook what was done, in words.
    """

    root: Path
    config: str
    wrote_config: bool
    folder: str
    made_folder: bool
    hooks: tuple[tuple[str, str], ...] = ()


def init_project(project: Project, start: Path, *, path: str = "", hooks: bool = False) -> InitResult:
    """Make mig at home in a project; what is there already stays as it is.

    Args:
        project: where to work; a Git repository is not needed.
        start: the folder to look for pyproject.toml from.
        path: the folder of migrations, relative to the configuration; empty: what is recognised,
            else ``migrations``.
        hooks: install the Git hooks too.

    Raises:
        ConfigError: there is a configuration already, and it says another path.
        SourceError: a file cannot be written.
        GitError: hooks are wanted and there is no repository.
    """
    refuse_bare(project)
    if hooks:
        project.git  # noqa: B018 - asked for before anything is written
    if project.config.file:
        config, folder, changes = _keep(project, path)
    else:
        config, folder, changes = _plan(project, start, path)
    wrote = bool(changes)
    made = not _has_files(project.root / folder)
    if made:
        changes = [*changes, Change(path=_join(folder, _KEPT), before=None, after=b"")]
    write_changes(project, changes)
    return InitResult(
        root=project.root,
        config=config,
        wrote_config=wrote,
        folder=folder,
        made_folder=made,
        hooks=_install_hooks(project) if hooks else (),
    )


def _keep(project: Project, path: str) -> tuple[str, str, list[Change]]:
    """The configuration that there is; it is never changed."""
    config = project.config
    home = os.path.dirname(config.file)
    folders = [one.path for one in config.lineages] or [config.path or _recognised(project)[0].paths[0]]
    if path and _join(home, path) not in folders:
        raise ConfigError(
            f"{config.file} configures mig already, with the path {', '.join(folders)}",
            hint=f"edit {config.file}; mig init changes no configuration",
        )
    return config.file, _join(home, path) if path else folders[0], []


def _plan(project: Project, start: Path, path: str) -> tuple[str, str, list[Change]]:
    """The configuration to write, beside the nearest pyproject.toml or in it."""
    home = _home(project, start)
    name = "pyproject.toml" if (project.root / home / "pyproject.toml").is_file() else "mig.toml"
    file = _join(home, name)
    lineages = _recognised(project)
    if path:
        lineages = (replace(lineages[0], source="native", paths=(_join(home, path),)),)
    before = read_on_disk(project.root, file) if name == "pyproject.toml" else None
    after = append_table(
        before or b"", file, _settings(lineages, home, prefix="tool.mig" if before is not None else "")
    )
    return file, lineages[0].paths[0], [Change(path=file, before=before, after=after)]


def append_table(before: bytes, file: str, lines: list[str]) -> bytes:
    """The file with a table at its end; what it holds stays byte for byte.

    Raises:
        ConfigError: the result would not be valid TOML, because the table is there in another form.
    """
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before else end if before.endswith(b"\n") else end + end
    after = before + gap + end.join(line.encode() for line in lines) + end
    try:
        tomllib.loads(after.decode("utf-8-sig").replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{file} cannot be added to: {error}", hint="mend the file, or write mig.toml beside it by hand"
        ) from None
    return after


def _settings(lineages: tuple[Lineage, ...], home: str, *, prefix: str) -> list[str]:
    """The lines of the configuration."""
    if len(lineages) == 1:
        head = [f"[{prefix}]"] if prefix else []
        return [*head, *_pairs(lineages[0], home)]
    table = f"{prefix}.lineage".lstrip(".")
    blocks = [[f"[[{table}]]", f"name = {_quoted(one.name)}", *_pairs(one, home), ""] for one in lineages]
    return [line for block in blocks for line in block][:-1]


def _pairs(lineage: Lineage, home: str) -> list[str]:
    path = os.path.relpath(lineage.paths[0] or ".", home or ".").replace(os.sep, "/")
    return [f"source = {_quoted(lineage.source)}", f"path = {_quoted(path)}"]


def _quoted(text: str) -> str:
    """A TOML string; whatever a folder's name holds."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", plain) + '"'


def _home(project: Project, start: Path) -> str:
    """The nearest folder with a pyproject.toml, else the root, relative to the root."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / "pyproject.toml").is_file():
            return _join(os.path.relpath(folder, project.root))
        if folder == project.root:
            break
    return ""


def _recognised(project: Project) -> tuple[Lineage, ...]:
    try:
        return project.lineages(project.tree())
    except SourceError:
        return (Lineage(name="default", source="native", paths=("migrations",)),)


def _join(*parts: str) -> str:
    joined = os.path.normpath(os.path.join(*parts)).replace(os.sep, "/")
    if joined.startswith(("/", "../")) or joined == "..":
        raise ConfigError(f"{parts[-1]} leads out of the repository", hint="give a folder inside it")
    return "" if joined == "." else joined


def _has_files(folder: Path) -> bool:
    try:
        return any(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return False


def _install_hooks(project: Project) -> tuple[tuple[str, str], ...]:
    import sys

    from mig.git.hooks import find_folder, install

    return tuple((change.name, change.done) for change in install(find_folder(project.git), sys.executable))
