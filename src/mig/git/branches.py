"""Open branches: which there are, where each left the base, and what it changes; a few processes for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mig.errors import GitError
from mig.git.trees import entry_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mig.git.repo import Repo
    from mig.tree import Entry

REMOTE = ("refs/remotes", "refs/pull/*/head", "refs/merge-requests/*/head")
LOCAL = ("refs/heads",)

# Who left the base in more places than this is looked at alone.
_MOST_BOUNDS = 50
_MOST_SEARCHED = 200
# As many ids as fit into the arguments of a process, everywhere.
_MOST_ARGUMENTS = 500


class Ref(NamedTuple):
    """A ref as people write it, and its commit."""

    name: str
    commit: str


class Signed(NamedTuple):
    """Who made a commit, and when it got to where it is: in seconds since 1970."""

    author: str
    time: int


class Change(NamedTuple):
    """A path that differs between two commits; None where there is none."""

    path: str
    before: Entry | None
    after: Entry | None


@dataclass(frozen=True, slots=True)
class Ahead:
    """Branches that have commits which the base has not.

    ``bases`` gives the merge bases of each tip with the base: mostly one, none where they share nothing,
    several where branches were merged crosswise, and None where only a search of its own could tell.
    ``parents`` are those of every commit that the base has not.
    """

    bases: Mapping[str, tuple[str, ...] | None]
    parents: Mapping[str, tuple[str, ...]]

    def contains(self, tip: str, other: str) -> bool:
        """Whether one tip has another one in its history, which the base has not."""
        waiting, seen = [tip], {tip}
        while waiting:
            for parent in self.parents.get(waiting.pop(), ()):
                if parent == other:
                    return True
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return False


def list_refs(repo: Repo, patterns: Sequence[str]) -> tuple[Ref, ...]:
    """The refs under some patterns that name commits, but for those that only point at others."""
    listed = repo.text("for-each-ref", "--format=%(objecttype) %(objectname) %(symref) %(refname)", *patterns)
    rows = (line.split(" ") for line in listed.splitlines())
    return tuple(
        Ref(shorten(name), commit) for kind, commit, symref, name in rows if kind == "commit" and not symref
    )


def shorten(name: str) -> str:
    """A full ref as people write it."""
    for prefix in ("refs/remotes/", "refs/heads/"):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    if name.startswith(("refs/pull/", "refs/merge-requests/")):
        return name.removeprefix("refs/").removesuffix("/head")
    return name


def resolve_refs(repo: Repo, names: Iterable[str]) -> tuple[Ref, ...]:
    """The commits that somebody's refs name.  They are never arguments, and so no options.

    Raises:
        GitError: one of them names none.
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if not name or "\n" in name or "\0" in name:
            raise _no_commit(name)
    feed = "".join(f"{name}^{{commit}}\n" for name in wanted).encode("utf-8", "surrogateescape")
    answers = repo.run("cat-file", "--batch-check=%(objectname) %(objecttype)", data=feed).splitlines()
    found = []
    for name, answer in zip(wanted, answers, strict=True):
        commit, _, kind = answer.decode("utf-8", "replace").rpartition(" ")
        if kind != "commit":
            raise _no_commit(name)
        found.append(Ref(shorten(name), commit))
    return tuple(found)


def _no_commit(name: str) -> GitError:
    hint = "git fetch, then try again; git branch -a lists what there is"
    return GitError(f"there is no commit {name!r} in this repository", hint=hint)


def find_ahead(repo: Repo, base: str, tips: Iterable[str]) -> Ahead:
    """Those of the tips that the base has not, and where they left it.

    Raises:
        GitError: the history is shallow, and hides where one of them did.
    """
    wanted = sorted(set(tips))
    feed = "".join(f"{tip}\n" for tip in (*wanted, f"^{base}")).encode()
    listed = repo.run("rev-list", "--topo-order", "--parents", "--stdin", data=feed).decode()
    parents = {commit: tuple(before) for commit, *before in map(str.split, listed.splitlines())}
    open_tips = [tip for tip in wanted if tip in parents]
    if repo.shallow:
        return Ahead(bases=_search_each(repo, base, open_tips), parents=parents)
    bounds = _find_bounds(parents)
    several = [found for tip in open_tips if (found := bounds[tip]) and len(found) > 1]
    behind = _find_behind(repo, several) if several else {}
    return Ahead(bases={tip: _independent(bounds[tip], behind) for tip in open_tips}, parents=parents)


def _search_each(repo: Repo, base: str, tips: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The merge bases of each, searched for one by one: in a shallow clone Git alone can tell."""
    if len(tips) > _MOST_SEARCHED:
        raise GitError(
            f"this clone is shallow and has {len(tips):,} open branches",
            hint="git fetch --unshallow, or in CI check out with fetch-depth: 0",
        )
    return {tip: repo.merge_bases(base, tip) for tip in tips}


def _find_bounds(parents: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str] | None]:
    """For each new commit, those of the base that its history meets first; None: too many."""
    bounds: dict[str, frozenset[str] | None] = {}
    for commit in reversed(tuple(parents)):
        parts = [bounds[p] if p in parents else frozenset((p,)) for p in parents[commit]]
        first = parts[0] if parts else frozenset[str]()
        if any(part is not first for part in parts):
            first = None if None in parts else frozenset[str]().union(*(part for part in parts if part))
        bounds[commit] = first if first is None or len(first) <= _MOST_BOUNDS else None
    return bounds


def _find_behind(repo: Repo, groups: Sequence[frozenset[str]]) -> dict[str, frozenset[str]]:
    """For each of some commits of the base, those of the others that it comes after."""
    commits = sorted(frozenset[str]().union(*groups))
    feed = "".join(f"{commit}\n" for commit in commits)
    if len(commits) <= _MOST_ARGUMENTS:
        oldest = repo.text("merge-base", "--octopus", *commits, ok=(0, 1)).split()
        feed += "".join(f"^{commit}\n" for commit in oldest)
    listed = repo.run("rev-list", "--topo-order", "--parents", "--stdin", data=feed.encode()).decode()
    number = {commit: 1 << at for at, commit in enumerate(commits)}
    behind: dict[str, int] = {}
    for line in reversed(listed.splitlines()):
        commit, *before = line.split()
        behind[commit] = 0
        for parent in before:
            behind[commit] |= behind.get(parent, 0) | number.get(parent, 0)
    return {
        commit: frozenset(one for one, bit in number.items() if behind.get(commit, 0) & bit)
        for commit in commits
    }


def _independent(
    bounds: frozenset[str] | None, behind: Mapping[str, frozenset[str]]
) -> tuple[str, ...] | None:
    if bounds is None or len(bounds) < 2:
        return None if bounds is None else tuple(bounds)
    return tuple(sorted(bounds.difference(*(behind[one] for one in bounds))))


def find_changes(repo: Repo, pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[Change, ...]]:
    """What each second commit of some pairs changes in the first, by the second, which is there but once."""
    feed = "".join(f"{after} {before}\n" for before, after in pairs).encode()
    if not feed:
        return {}
    # A commit with another one behind it on its line is compared with that, as if it were its parent.
    output = repo.run("diff-tree", "-r", "-z", "--no-renames", "--stdin", data=feed)
    tokens = iter(output.decode("utf-8", "surrogateescape").split("\0"))
    found: dict[str, list[Change]] = {}
    commit = ""
    for token in tokens:
        if token.startswith(":"):
            found[commit].append(_change(token, next(tokens)))
        elif token:
            commit = token
            found[commit] = []
    return {commit: tuple(changes) for commit, changes in found.items()}


def _change(meta: str, path: str) -> Change:
    """``:100644 100644 <blob> <blob> M``."""
    mode_before, mode_after, before, after, _ = meta[1:].split(" ")
    return Change(path, entry_of(mode_before, before), entry_of(mode_after, after))


def sign(repo: Repo, commits: Iterable[str]) -> dict[str, Signed]:
    """Who made some commits, and when."""
    feed = "".join(f"{commit}\n" for commit in commits).encode()
    if not feed:
        return {}
    output = repo.run("rev-list", "--no-walk=unsorted", "--format=%an%x00%ct", "--stdin", data=feed)
    lines: Iterator[str] = iter(output.decode("utf-8", "replace").split("\n"))
    found = {}
    for line in lines:
        if line.startswith("commit "):
            author, _, time = next(lines).partition("\0")
            found[line.removeprefix("commit ")] = Signed(author, int(time) if time.isdigit() else 0)
    return found
