"""What the new migrations of branches mean to the base and to one another, pair by pair."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from mig.conflicts.witness import ONE, OTHER
from mig.findings import Finding, Severity, Verdict
from mig.model import LineageSnapshot
from mig.rules.about import finding_about
from mig.rules.mistakes import find_mistakes
from mig.rules.ordered import find_ordered_problems
from mig.rules.pairs import finding_of, judge
from mig.sources.registry import source_of
from mig.usecases.check import Meanings
from mig.usecases.radar.field import find_namesakes
from mig.usecases.radar.pairs import NewPairs, Part

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mig.graph.dag import Graph
    from mig.model import Migration
    from mig.rules.pairs import JudgedPair
    from mig.tree import Tree
    from mig.usecases.project import Project
    from mig.usecases.radar.field import Field, Layer, Member
    from mig.usecases.radar.pairs import Judged

MOST_COMPARED = 5_000
_MOST_NAMESAKES = 1_000
_MOST_SKIPPED = 50_000


class Judge:
    """Compares the migrations of one lineage, in all of its layers.

    Args:
        project: where the configuration is.
        ground: the lineage, with its base.
        base: what the base is called.
        below: for the commit of each branch those of the branches that it holds.
        only: the commits of the branches whose pairs are wanted; None: all.
        found: where what is found goes.
    """

    def __init__(
        self,
        project: Project,
        ground: Field,
        base: str,
        below: dict[str, frozenset[str]],
        only: Collection[str] | None,
        found: Judged,
    ) -> None:
        self._project = project
        self._ground = ground
        self._base = base
        self._below = below
        self._only = only
        self._found = found
        self._seen: set[tuple[str, str]] = set()

    def judge(self, members: Sequence[Member], layers: Sequence[Layer], tree: Tree) -> None:
        """Compare everything, what is against the base first."""
        for one, other, mine, theirs in islice(find_namesakes(members), _MOST_NAMESAKES):
            self._add_namesake(one, other, mine, theirs)
        if self._ground.lineage.late:
            self._compare_versions(members)
        for number, layer in enumerate(layers):
            self._judge_layer(layer, tree, is_first=number == 0)
            if len(layers) > 1:
                self._seen |= {
                    (a.branch.commit, b.branch.commit) for a in layer.members for b in layer.members
                }
        if len(layers) > 1:
            self._note_unseen(members)

    def _compare_versions(self, members: Sequence[Member]) -> None:
        taken: dict[tuple[int, ...], list[tuple[str, str]]] = defaultdict(list)
        for member in members:
            for i, migration in member.migrations.items():
                if migration.version:
                    taken[migration.version].append((member.branch.commit, i))
        for found in taken.values():
            for commit, i in found[:_MOST_NAMESAKES]:
                others = {other for other, named in found if named != i}
                if others:
                    self._found.same[commit] |= others - {commit}

    def _judge_layer(self, layer: Layer, tree: Tree, *, is_first: bool) -> None:
        meanings = Meanings(self._project, self._ground.lineage, (layer.tree, tree))
        meaning = meanings.of(layer.graph)
        owners: dict[str, list[Member]] = defaultdict(list)
        for member in layer.members:
            for i in member.migrations:
                owners[i].append(member)
        meaning.prepare(owners)
        fresh = {
            member.branch.commit: member for member in layer.members if is_first or not self._was_seen(member)
        }
        pairs = NewPairs(layer.graph, owners)
        wanted = [i for i in owners if any(one.branch.commit in fresh for one in owners[i])]
        if self._only is not None:
            wanted = [i for i in wanted if any(one.branch.commit in self._only for one in owners[i])]
        meeting = meaning.find_meeting(wanted, pairs.pool(wanted))
        self._found.checked += pairs.count(wanted)
        self._found.unordered |= {
            one.branch.commit for i in wanted if pairs.is_apart_from_base(i) for one in owners[i]
        }
        for one, other in pairs.find(wanted, meeting):
            if meaning.may_meet(one, other):
                self._compare_or_skip(meanings, layer, owners, one, other)
            if self._found.is_cut:
                break
        for member in fresh.values():
            self._look_at(meanings, layer, member)

    def _was_seen(self, member: Member) -> bool:
        return (member.branch.commit, member.branch.commit) in self._seen

    def _note_unseen(self, members: Sequence[Member]) -> None:
        """Branches that no graph could hold together, although nothing of theirs has one name."""
        for one in members:
            for other in members:
                pair = one.branch.commit, other.branch.commit
                if one.branch.ref < other.branch.ref and pair not in self._seen:
                    self._add_unseen(one, other)

    def _add_unseen(self, one: Member, other: Member) -> None:
        pair = one.branch.commit, other.branch.commit
        if pair in self._found.across or not self._is_wanted(pair):
            return
        first, second = next(iter(one.migrations.values())), next(iter(other.migrations.values()))
        part = self._part(self._ground.graph, None, one, other)
        finding = finding_about(
            part,
            "MIG300",
            "they cannot be put into one graph, and were not compared",
            [first, second],
            fix="",
        )
        self._found.across[pair].append(replace(finding, verdict=Verdict.UNKNOWN))

    def _add_namesake(self, one: Member, other: Member, mine: str, theirs: str) -> None:
        pair = one.branch.commit, other.branch.commit
        if not self._is_wanted(pair):
            return
        first, second = one.migrations[mine], other.migrations[theirs]
        what = f"the id {mine}" if mine == theirs else f"the path {first.path}"
        message = f"both add a migration with {what}, and the two differ"
        if mine == theirs and first.path != second.path and first.checksum == second.checksum:
            message = f"{first.path} and {second.path} both have the id {mine}, and do the same"
        part = self._part(self._ground.graph, None, one, other)
        finding = finding_about(
            part,
            "MIG103",
            message,
            [first, second],
            fix="the second to be merged takes the file of the first, or an id of its own",
        )
        self._found.across[pair].append(replace(finding, verdict=Verdict.CONFLICT))
        self._found.firsts[pair].append("")

    def _add_skipped(self, layer: Layer, owners: dict[str, list[Member]], one: str, other: str) -> None:
        finding = Finding(
            code="MIG300",
            severity=Severity.WARNING,
            verdict=Verdict.UNKNOWN,
            message=f"{one} and {other} were not compared: more than {MOST_COMPARED:,} pairs are alike",
            lineage=self._ground.lineage.name,
            migrations=(one, other),
            locations=tuple(layer.graph.migrations[i].location for i in (one, other)),
        )
        self._spread(owners, one, other, finding)

    def _compare_or_skip(
        self, meanings: Meanings, layer: Layer, owners: dict[str, list[Member]], one: str, other: str
    ) -> None:
        if self._found.compared < MOST_COMPARED:
            self._found.compared += 1
            self._compare(meanings, layer, owners, one, other)
        else:
            self._found.skipped += 1
            self._found.is_cut = self._found.skipped >= _MOST_SKIPPED
            self._add_skipped(layer, owners, one, other)

    def _compare(
        self, meanings: Meanings, layer: Layer, owners: dict[str, list[Member]], one: str, other: str
    ) -> None:
        graph = layer.graph
        first, second = owners[one][0], owners.get(other, [None])[0]
        part = self._part(graph, meanings, first, second, one, other)
        pair = judge(part, one, other)
        if pair.verdict is Verdict.COMMUTE:
            return
        sides = self._sides(owners, one, other)
        for mine, theirs in sides:
            named = self._part(graph, meanings, mine, theirs, one, other)
            finding = finding_of(named, pair)
            if finding.suppressed or (
                finding.severity is Severity.NOTE and finding.verdict is Verdict.UNKNOWN
            ):
                continue
            self._add(mine, theirs, finding, _first_of(pair, mine, theirs))

    def _add(self, mine: Member, theirs: Member | None, finding: Finding, first: str) -> None:
        if theirs is None or theirs is mine:
            self._found.own[mine.branch.commit].append(finding)
            return
        key = mine.branch.commit, theirs.branch.commit
        turned = key if key in self._found.across or key[::-1] not in self._found.across else key[::-1]
        self._found.across[turned].append(finding)
        if finding.verdict is Verdict.CONFLICT:
            self._found.firsts[turned].append(first)

    def _spread(self, owners: dict[str, list[Member]], one: str, other: str, finding: Finding) -> None:
        """Add a finding where nothing is known yet: one is enough to say that a pair is not clean."""
        for mine, theirs in self._sides(owners, one, other):
            if theirs is None or theirs is mine:
                is_known = any(found.verdict for found in self._found.own[mine.branch.commit])
            else:
                pair = mine.branch.commit, theirs.branch.commit
                is_known = pair in self._found.across or pair[::-1] in self._found.across
            if not is_known:
                self._add(mine, theirs, finding, "")

    def _sides(
        self, owners: dict[str, list[Member]], one: str, other: str
    ) -> Iterator[tuple[Member, Member | None]]:
        """The branches that a pair is of or between: between the lowest of those that hold one another."""
        if other not in owners:
            yield from ((member, None) for member in owners[one])
            return
        mine = self._lowest(owners[one])
        theirs = self._lowest(owners[other])
        both = [member for member in owners[one] if any(member is each for each in owners[other])]
        yield from ((member, member) for member in both)
        for member in mine:
            for each in theirs:
                held = self._held(member.branch.commit), self._held(each.branch.commit)
                pair = member.branch.commit, each.branch.commit
                is_inside = one in each.migrations or other in member.migrations
                if (
                    not is_inside
                    and pair[0] not in held[1]
                    and pair[1] not in held[0]
                    and self._is_wanted(pair)
                ):
                    yield member, each

    def _held(self, commit: str) -> frozenset[str]:
        return self._below.get(commit, frozenset()) | {commit}

    def _lowest(self, members: Sequence[Member]) -> list[Member]:
        commits = {one.branch.commit for one in members}
        return [one for one in members if not self._below.get(one.branch.commit, frozenset()) & commits]

    def _is_wanted(self, pair: tuple[str, str]) -> bool:
        return self._only is None or not self._only.isdisjoint(pair)  # type: ignore[attr-defined]

    def _look_at(self, meanings: Meanings, layer: Layer, member: Member) -> None:
        """What is wrong with new migrations behind all that comes before them, and with their own text."""
        if self._only is not None and member.branch.commit not in self._only:
            return
        part = self._part(layer.graph, meanings, member, None)
        found = list(find_mistakes(part))
        if not member.is_beside:
            found += find_ordered_problems(part)
        self._found.own[member.branch.commit] += [
            one for one in found if one.severity is not Severity.NOTE and not one.suppressed
        ]

    def _part(
        self,
        graph: Graph,
        meanings: Meanings | None,
        mine: Member,
        theirs: Member | None,
        one: str = "",
        other: str = "",
    ) -> Part:
        """Two sides as a comparison knows them; without ``other``, all that the first one adds."""
        lineage = self._ground.lineage
        ours = [graph.migrations[one]] if one else list(mine.migrations.values())
        against: list[Migration] = []
        if theirs is mine and other:
            ours.append(graph.migrations[other])
        elif other:
            against = [graph.migrations[other]]
        elif theirs is not None:
            against = list(theirs.migrations.values())
        empty = LineageSnapshot(lineage=lineage)
        source = source_of(lineage)
        return Part(
            head=replace(empty, migrations=tuple(ours)),
            base=replace(empty, migrations=tuple(against)),
            merge_base=empty,
            merged=empty,
            head_ref=mine.branch.ref,
            base_ref=self._base if theirs is None else theirs.branch.ref,
            has_base=True,
            on_divergence=self._project.config.on_divergence,
            unknown=self._project.config.unknown,
            declares_order=source.declares_order,
            rewrites_names=source.rewrites_names,
            meaning=meanings,
            whole=graph,
        )


def _first_of(pair: JudgedPair, mine: Member, theirs: Member | None) -> str:
    """The commit of the branch that can come first by all that is known of a pair; empty: neither."""
    if theirs is None:
        return ""
    found = {reason.fails_after for reason in pair.reasons if reason.verdict is Verdict.CONFLICT}
    if found == {ONE}:
        return theirs.branch.commit
    if found == {OTHER}:
        return mine.branch.commit
    return ""
