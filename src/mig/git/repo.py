"""A Git repository as mig sees it: where it is, what its refs mean, what it is in the middle of."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mig.errors import GitError
from mig.git import process

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mig.git.blobs import BlobSession

_BASE_PATTERNS = (
    "refs/remotes/*/HEAD",
    *(f"refs/{w}/{b}" for w in ("remotes/*", "heads") for b in ("main", "master", "trunk")),
)


class Commit(NamedTuple):
    """A ref in a person's words and the commit that it names; an empty id: it does not exist yet."""

    ref: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repo:
    """One repository (or one of its work trees).

    ``root`` is the work tree's top folder, the Git directory itself in a bare repository.
    ``environment`` is what Git is run with: the variables that a hook was given are kept, with
    their paths made absolute, because Git is always run in ``root``.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    bare: bool
    shallow: bool
    environment: Mapping[str, str] = field(repr=False)
    _sessions: list[BlobSession] = field(default_factory=list, init=False, repr=False, compare=False)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let files that are read one by one within be read by processes that stay until the end of it."""
        from mig.git.blobs import BlobSession

        with BlobSession(self.start) as session:
            self._sessions.append(session)
            try:
                yield
            finally:
                self._sessions.remove(session)

    @property
    def session(self) -> BlobSession | None:
        """What reads a few blobs at once, within ``reading``."""
        return self._sessions[-1] if self._sessions else None

    def start(self, *args: str, feed: bool = False) -> process.Running:
        return process.start(args, cwd=self.root, env=self.environment, feed=feed)

    def run(self, *args: str, data: bytes | None = None, ok: Sequence[int] = (0,)) -> bytes:
        return process.run(args, cwd=self.root, env=self.environment, data=data, ok=ok)

    def text(self, *args: str, ok: Sequence[int] = (0,)) -> str:
        return self.run(*args, ok=ok).decode("utf-8", "surrogateescape").rstrip("\n")

    def resolve(self, ref: str) -> Commit:
        """The commit that a ref names.

        Raises:
            GitError: it names none.
        """
        found = self.find(ref)
        if found is None:
            hint = "git fetch, then try again; git branch -a lists what there is"
            raise GitError(f"there is no commit {ref!r} in this repository", hint=hint)
        return found

    def find(self, ref: str) -> Commit | None:
        """The commit that a ref names, or None.  The ref is never an argument, so it is no option."""
        if not ref or "\n" in ref or "\0" in ref:
            return None
        line = f"{ref}^{{commit}}\n".encode("utf-8", "surrogateescape")
        answer = self.run("cat-file", "--batch-check=%(objectname) %(objecttype)", data=line).split()
        return Commit(ref, answer[0].decode()) if answer[1:] == [b"commit"] else None

    def head(self) -> Commit:
        """The checked-out commit; its id is empty on an unborn branch."""
        return self.find("HEAD") or Commit("HEAD", "")

    def branch(self) -> str:
        """The checked-out branch; empty when HEAD is detached."""
        return self.text("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1))

    def default_base(self) -> Commit | None:
        """The branch that others start from: the remote's default, else main or master, else None.

        A remote called ``upstream`` goes before ``origin`` (a fork's clone), and any remote before
        local branches.
        """
        listed = self.text("for-each-ref", "--format=%(objectname) %(refname) %(symref)", *_BASE_PATTERNS)
        refs = [line.split(" ") for line in listed.splitlines()]
        if not refs:
            return None
        commit, name, symref = min(refs, key=lambda ref: _base_rank(ref[1]))
        short = (symref or name).removeprefix("refs/remotes/").removeprefix("refs/heads/")
        return Commit(short, commit)

    def has_remote_branches(self) -> bool:
        """Whether anything has been fetched from anywhere."""
        return bool(self.text("for-each-ref", "--count=1", "refs/remotes"))

    def merge_bases(self, one: str, *others: str) -> tuple[str, ...]:
        """The best common ancestors of a commit and the (hypothetical) merge of the others.

        There is one, or none where the histories share nothing, or several where branches were
        merged crosswise.

        Raises:
            GitError: the history is shallow and may hide a better one.
        """
        found = tuple(self.text("merge-base", "--all", one, *others, ok=(0, 1)).split())
        if self.shallow and self._is_cut_above(found, (one, *others)):
            raise GitError(
                "this clone is shallow and does not reach the merge base",
                hint="git fetch --unshallow, or in CI check out with fetch-depth: 0",
            )
        return found

    def last_change(self, tip: str, path: str, since: Iterable[str]) -> str:
        """The abbreviated id of the last commit that changed a path; empty where none since then did."""
        if not tip:
            return ""
        start = [f"^{commit}" for commit in since]
        return self.text("log", "-1", "--format=%h", tip, *start, "--", f":(top,literal){path}")

    def _is_cut_above(self, bases: tuple[str, ...], tips: tuple[str, ...]) -> bool:
        """Whether history ends, because the clone is shallow, between the tips and their merge bases."""
        if not bases:
            return True
        cut = set((self.common_dir / "shallow").read_text().split())
        above = self.text("rev-list", *tips, "--not", *bases, "--").split()
        return not cut.isdisjoint(above)

    def merging(self) -> tuple[str, ...]:
        """The commits that a merge in progress brings in, besides HEAD.

        While the pre-merge-commit hook runs, Git has not yet written MERGE_HEAD; the commits are
        then named by GITHEAD_<id> variables (builtin/merge.c, prepare_to_commit).
        """
        try:
            return tuple((self.git_dir / "MERGE_HEAD").read_text().split())
        except (FileNotFoundError, NotADirectoryError):
            named = (k.removeprefix("GITHEAD_") for k in self.environment if k.startswith("GITHEAD_"))
            return tuple(sorted(named))

    def index_file(self) -> Path:
        """The index that Git names; a hook under ``git commit -a`` is given another one."""
        return Path(self.environment.get("GIT_INDEX_FILE", self.git_dir / "index"))


def open_repo(start: Path, environment: Mapping[str, str], *, elsewhere: bool = False) -> Repo:
    """The repository that a folder belongs to.

    Args:
        start: a folder in it.
        environment: the process's environment.
        elsewhere: the folder was named by the user, so the variables of a running hook, which are
            about another repository, do not count.

    Raises:
        GitError: there is none, or Git refuses to read it.
    """
    env = _environment(start, environment) if elsewhere else dict(environment)
    place = _locate(start, env)
    return Repo(
        root=place.top or place.git_dir,
        git_dir=place.git_dir,
        common_dir=place.common_dir,
        bare=place.top is None,
        shallow=place.shallow,
        environment=_anchored(env, start.resolve(), place.top),
    )


class _Place(NamedTuple):
    """Where a repository is; ``top`` is the work tree's top folder, None where there is none."""

    shallow: bool
    git_dir: Path
    common_dir: Path
    top: Path | None


def _locate(start: Path, env: Mapping[str, str]) -> _Place:
    asked = ("--is-shallow-repository", "--absolute-git-dir", "--git-common-dir", "--show-cdup")
    answer = process.run(("rev-parse", *asked), cwd=start, env=env)
    lines = answer.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
    if len(lines) > len(asked):
        raise GitError("the path of the repository holds a line break", hint="move it to another folder")
    here = start.resolve()
    shallow, git_dir, common, *up = lines
    # Git prints no way up where there is no work tree: in a bare repository, in a Git directory.
    top = Path(os.path.normpath(here / up[0])) if up else None
    return _Place(shallow == "true", Path(git_dir), Path(os.path.normpath(here / common)), top)


def _environment(start: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What to run Git with in a folder that the user named.

    A running hook's variables count only where they are about the repository of that folder:
    its index is then the one that Git names (git commit -a, git commit PATH).
    """
    outside = process.outside_environment(environment)
    if outside.keys() == environment.keys():
        return outside
    try:
        hook = _locate(Path(), environment)
    except GitError:
        return outside
    is_same = hook.git_dir.resolve() == _locate(start, outside).git_dir.resolve()
    return _anchored(environment, Path.cwd(), hook.top) if is_same else outside


def _anchored(env: Mapping[str, str], start: Path, top: Path | None) -> dict[str, str]:
    """The environment with relative paths made absolute, since Git is run from another folder."""
    anchored = dict(env)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"):
        if anchored.get(name):
            # Git resolves GIT_INDEX_FILE from the top of the work tree, the others from where it is called.
            folder = top if top and name == "GIT_INDEX_FILE" else start
            anchored[name] = os.path.join(folder, anchored[name])
    if "GIT_DIR" in anchored and "GIT_WORK_TREE" not in anchored and top:
        anchored["GIT_WORK_TREE"] = str(top)
    return anchored


def _base_rank(refname: str) -> tuple[int, int, str]:
    parts = refname.split("/")
    if parts[1] == "heads":
        return (3, ("main", "master", "trunk").index(parts[-1]), refname)
    remote = {"upstream": 0, "origin": 1}.get(parts[2], 2)
    return (remote, ("HEAD", "main", "master", "trunk").index(parts[-1]), refname)
