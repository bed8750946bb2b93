"""What a picture of the DAG shows: its migrations, whose they are, and the pairs that clash."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.errors import GraphError
from mig.findings import Verdict
from mig.graph.dag import build_graph
from mig.graph.linearize import linearize
from mig.sources.base import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mig.findings import Finding
    from mig.model import Location, Migration, Snapshot
    from mig.rules.pairs import JudgedPair
    from mig.rules.three_way import ThreeWay
    from mig.tree import Tree
    from mig.usecases.check import CheckResult

_MOST_TEXT = 2_000_000
_MOST_OF_ONE = 60_000
_MOST_LINES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureNode:
    """One migration of a picture.

    ``parents`` are what it declares, ``after`` what else must come before it.  ``side`` is ``ours``,
    ``theirs`` or empty; ``text`` is its file, None where that was not read.
    """

    migration: Migration
    parents: tuple[str, ...]
    after: tuple[str, ...] = ()
    side: str = ""
    is_head: bool = False
    text: str | None = None

    @property
    def id(self) -> str:
        return self.migration.id

    @property
    def words(self) -> str:
        """What it is for, in a few words."""
        return self.migration.description or self.migration.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturePair:
    """Two migrations that are not ordered and do not commute, or are not known to.

    ``places`` are the first place of each, ``lines`` all lines of each that clash, in the order of
    ``ids``.  ``witness`` is the schedule that goes wrong.
    """

    ids: tuple[str, str]
    verdict: Verdict
    code: str
    message: str
    witness: str
    fix: str
    places: tuple[Location, Location]
    lines: tuple[tuple[int, ...], tuple[int, ...]]
    is_ignored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLineage:
    """The part of a picture that is one lineage; ``nodes`` are in linear order."""

    name: str
    nodes: tuple[PictureNode, ...]
    pairs: tuple[PicturePair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The DAG as it is drawn; ``head`` and ``base`` are words for people, ``base`` empty without one.

    ``is_checked`` says whether pairs were looked for at all.
    """

    head: str
    base: str = ""
    lineages: tuple[PictureLineage, ...] = field(default=())
    is_checked: bool = False

    @property
    def pairs(self) -> tuple[PicturePair, ...]:
        return tuple(pair for lineage in self.lineages for pair in lineage.pairs)

    @property
    def nodes(self) -> tuple[PictureNode, ...]:
        return tuple(node for lineage in self.lineages for node in lineage.nodes)


def picture_of_snapshot(snapshot: Snapshot, trees: Sequence[Tree]) -> Picture:
    """The DAG of one tree, with nothing compared.

    Args:
        snapshot: the migrations.
        trees: where their files are read.
    """
    texts = _Texts(trees)
    lineages = tuple(_lineage(one.lineage.name, one.migrations, {}, (), texts) for one in snapshot.lineages)
    return Picture(head=snapshot.ref, lineages=lineages)


def picture_of_check(
    result: CheckResult, threes: Sequence[ThreeWay], trees: Sequence[Tree], head: str
) -> Picture:
    """The DAG of what a check has merged, with its pairs.

    Args:
        result: what was found.
        threes: the comparison of each lineage.
        trees: where files are read: the head's, then the base's.
        head: words for what was checked.
    """
    texts = _Texts(trees)
    lineages = []
    for three in threes:
        # Without a base everything is ours, which tells nobody anything.
        sides = {i: three.side(i) for i in three.ours | three.theirs} if three.has_base else {}
        found = [f for f in result.findings if f.lineage == three.lineage]
        judged = {(pair.one, pair.other): pair for pair in three.pairs}
        lineages.append(_lineage(three.lineage, three.merged.migrations, sides, _pairs(found, judged), texts))
    return Picture(
        head=head,
        base=result.base.ref if result.base else "",
        lineages=tuple(lineages),
        is_checked=True,
    )


def picture_of_findings(result: CheckResult) -> Picture:
    """What a result alone shows: the new migrations of both sides, without their files."""
    sides = dict.fromkeys(result.ours, "ours") | dict.fromkeys(result.theirs, "theirs")
    names = dict.fromkeys(migration.lineage for migration in result.fresh)
    lineages = tuple(
        _lineage(
            name,
            tuple(m for m in result.fresh if m.lineage == name),
            sides,
            _pairs([f for f in result.findings if f.lineage == name], {}),
            _Texts(()),
        )
        for name in names
    )
    return Picture(
        head=result.head.ref,
        base=result.base.ref if result.base else "",
        lineages=lineages,
        is_checked=True,
    )


class _Texts:
    """The texts of migrations, as far as a picture has room for them."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        self._trees = trees
        self._room = _MOST_TEXT

    def read(self, migrations: Iterable[Migration]) -> dict[str, str]:
        """The texts by path, of what comes first as long as there is room."""
        wanted = list(dict.fromkeys(m.path for m in migrations))
        found: dict[str, str] = {}
        for tree in self._trees:
            if not wanted or self._room <= 0:
                break
            entries = tree.entries(tuple(sorted({path.rpartition("/")[0] for path in wanted})))
            here = [path for path in wanted if path in entries]
            for content in tree.read(here, MAX_FILE_BYTES):
                if self._room <= 0:
                    break
                if content.data is not None:
                    text = content.data.decode("utf-8", "replace")[:_MOST_OF_ONE]
                    found[content.path] = text
                    self._room -= len(text)
            wanted = [path for path in wanted if path not in found]
        return found


def _lineage(
    name: str,
    migrations: Sequence[Migration],
    sides: Mapping[str, str],
    pairs: Sequence[PicturePair],
    texts: _Texts,
) -> PictureLineage:
    graph = build_graph(migrations)
    try:
        order = linearize(graph)
    except GraphError:
        # What is in a cycle has no order; the picture shows it all the same.
        order = tuple(sorted(graph.migrations, key=lambda i: (graph.migrations[i].path, i)))
    heads = frozenset(graph.heads())
    clashing = {i for pair in pairs for i in pair.ids}
    # First what people will look at: what clashes, what is new, then the newest.
    rank = {i: at for at, i in enumerate(order)}
    first = sorted(order, key=lambda i: (i not in clashing, i not in sides, -rank[i]))
    read = texts.read(graph.migrations[i] for i in first)
    nodes = []
    for i in order:
        migration = graph.migrations[i]
        nodes.append(
            PictureNode(
                migration=migration,
                parents=tuple(dict.fromkeys(p for p in migration.parents if p in graph)),
                after=tuple(p for p in graph.before[i] if p not in migration.parents),
                side=sides.get(i, ""),
                is_head=i in heads,
                text=read.get(migration.path),
            )
        )
    known = [pair for pair in pairs if all(i in graph for i in pair.ids)]
    return PictureLineage(name=name, nodes=tuple(nodes), pairs=tuple(known))


def _pairs(
    findings: Iterable[Finding], judged: Mapping[tuple[str, str], JudgedPair]
) -> tuple[PicturePair, ...]:
    found = []
    for finding in findings:
        if finding.verdict not in (Verdict.CONFLICT, Verdict.UNKNOWN) or len(finding.migrations) != 2:
            continue
        if len(finding.locations) != 2:
            continue
        one, other = finding.migrations
        pair = judged.get((one, other))
        found.append(
            PicturePair(
                ids=(one, other),
                verdict=finding.verdict,
                code=finding.code,
                message=finding.message,
                witness=finding.then,
                fix=finding.fix,
                places=(finding.locations[0], finding.locations[1]),
                lines=(_lines(finding, pair, 0), _lines(finding, pair, 1)),
                is_ignored=bool(finding.suppressed),
            )
        )
    return tuple(found)


def _lines(finding: Finding, pair: JudgedPair | None, at: int) -> tuple[int, ...]:
    """Every line of one side's operations that clash, from the first of each to its last."""
    if pair is None or not pair.reasons:
        line = finding.locations[at].line if finding.locations[at].text else 0
        return (line,) if line else ()
    marked: set[int] = set()
    for reason in pair.reasons:
        operation = reason.operations[at]
        if operation.line:
            height = min(operation.text.strip().count("\n") + 1, _MOST_LINES)
            marked.update(range(operation.line, operation.line + height))
    return tuple(sorted(marked))
