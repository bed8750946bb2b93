"""How new and rewritten migrations are shown: what was written, the diff of what would be, what is next."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from mig.conflicts.missed import describe_miss
from mig.findings import Verdict
from mig.report.json import finding_value
from mig.report.layout import Line, Span, span
from mig.report.text import render_block
from mig.report.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mig.findings import Finding
    from mig.usecases.compose import Composed
    from mig.usecases.init import InitResult
    from mig.usecases.merge import MergeResult
    from mig.usecases.place import Rewritten
    from mig.usecases.rebase import RebaseResult
    from mig.usecases.write import Change

_STYLES = {"+": "good", "-": "error", "@": "ours"}
_BLANK: Line = (Span(""),)
_MANY = 4


def diff_lines(changes: Iterable[Change]) -> Iterator[Line]:
    """A unified diff, as git shows it; line ends of Windows do not show."""
    for change in changes:
        before, after = _text(change.before or b""), _text(change.after)
        old = "/dev/null" if change.before is None else f"a/{change.moved_from or change.path}"
        if change.moved_from:
            yield from _renaming(change)
        for at, line in enumerate(difflib.unified_diff(before, after, old, f"b/{change.path}", lineterm="")):
            yield (span(line, "strong" if at < 2 else _STYLES.get(line[:1], "")),)


def _renaming(change: Change) -> Iterator[Line]:
    yield (span(f"diff --git a/{change.moved_from} b/{change.path}", "strong"),)
    if change.before == change.after:
        yield (span("similarity index 100%", "strong"),)
    yield (span(f"rename from {change.moved_from}", "strong"),)
    yield (span(f"rename to {change.path}", "strong"),)


def rebase_lines(result: RebaseResult) -> Iterator[Line]:
    """What a rebase did, with the diff where it changed more than headers; in a dry run what it would do."""
    if not result.rewritten:
        yield from _nothing_to_rebase(result)
        yield from _what_is_next(result)
        return
    if result.dry_run or any(one.replacements for one in result.rewritten):
        yield from diff_lines(result.changes)
        yield _BLANK
    yield from _notes(result)
    if result.dry_run:
        rewritten = count(len(result.rewritten), "migration")
        yield (span(f"dry run: {rewritten} would be rewritten, nothing was written"),)
        yield from _unmet(result)
    else:
        yield from done_lines(result)


def done_lines(result: RebaseResult) -> Iterator[Line]:
    """What a rebase did, for whoever has seen the diff."""
    rewritten = count(len(result.rewritten), "migration")
    yield (span(f"{rewritten} rewritten, to come after those of {result.base_ref}"),)
    yield from _table(result.rewritten)
    yield from _heads(result.heads, [one.id for one in result.rewritten])
    yield from _renamed_note(result)
    yield from _what_is_next(result)


def _renamed_note(result: RebaseResult) -> Iterator[Line]:
    if any(one.id != one.id_before for one in result.rewritten):
        yield (span("note  a database that has applied them knows the old names: revert them there first"),)


def _what_is_next(result: RebaseResult) -> Iterator[Line]:
    yield from _unmet(result)
    if result.elsewhere and not result.dry_run:
        yield _next(f"git merge {result.base_ref}", "so that this branch can be applied by itself")


def rebase_value(result: RebaseResult) -> dict[str, object]:
    value: dict[str, object] = {
        "rewritten": [_rewritten_value(one) for one in result.rewritten],
        "heads": _ids(result.heads),
        "base": result.base_ref,
        "elsewhere": list(result.elsewhere),
        "dry_run": result.dry_run,
    }
    if result.unmet:
        value["unmet"] = [
            {
                "migration": migration_id,
                "ancestor": miss.event.migration,
                "message": describe_miss(miss, migration_id),
                "line": miss.operation.line,
            }
            for migration_id, miss in result.unmet
        ]
    if result.with_names:
        value["diff"] = "".join(f"{line[0].text}\n" for line in diff_lines(result.changes))
    return value


def _rewritten_value(one: Rewritten) -> dict[str, object]:
    value: dict[str, object] = {
        "id": one.id,
        "path": one.path,
        "parents_before": list(one.parents_before),
        "parents": list(one.parents),
    }
    if one.id != one.id_before:
        value |= {"id_before": one.id_before, "path_before": one.path_before}
    if one.replacements:
        value["replaced"] = [{"line": r.line, "old": r.old, "new": r.new} for r in one.replacements]
    if one.notes:
        value["notes"] = list(one.notes)
    return value


def _notes(result: RebaseResult) -> Iterator[Line]:
    for one in result.rewritten:
        for note in one.notes:
            yield span("note  "), span(one.path, "path"), span(f", {note}")


def _unmet(result: RebaseResult) -> Iterator[Line]:
    """What the order alone does not settle."""
    for migration_id, miss in result.unmet:
        yield (span(f"note  {describe_miss(miss, migration_id)}", "warning"),)
    if result.can_rename and any(miss.event.target and not miss.is_taken for _, miss in result.unmet):
        yield _next("mig rebase --rewrite", "puts the new names into ours: the order alone will not do")
    elif result.unmet:
        yield _next("mig check", "says what to do: the order alone will not do")


def merge_lines(result: MergeResult) -> Iterator[Line]:
    """What a merge wrote; in a dry run the diff of what it would write."""
    if result.blocking:
        yield from _blocked(result.blocking)
        return
    if not result.written:
        yield from _nothing_to_merge(result)
    elif result.dry_run:
        yield from diff_lines(result.changes)
        yield _BLANK
        yield (
            span(f"dry run: {count(len(result.written), 'migration')} would be written, nothing was written"),
        )
    else:
        for one in result.written:
            for path in (one.path, *(change.path for change in one.beside)):
                yield span("wrote "), span(path, "path")
            joined = [span(parent, "id") for parent in one.parents]
            relation = "  joins " if len(joined) > 1 else "  after "
            yield span("  "), span(one.id, "id"), span(relation), *_listed(joined)
            for first, second in one.order:
                yield span("  puts "), span(first, "id"), span(" before "), span(second, "id")
        yield from _heads(result.heads, [one.id for one in result.written])


def merge_value(result: MergeResult) -> dict[str, object]:
    return {
        "written": [
            {**new_value(one), "order": [list(pair) for pair in one.order]} for one in result.written
        ],
        "heads": _ids(result.heads),
        "blocking": [finding_value(pair) for pair in result.blocking],
        "proposed": [list(pair) for pair in result.proposed],
        "unproved": [finding_value(pair) for pair in result.unproved],
        "elsewhere": list(result.elsewhere),
        "dry_run": result.dry_run,
    }


def unproved_warning(result: MergeResult) -> str:
    """What standard error says of the pairs that a merge migration leaves unordered; empty: nothing."""
    number = len(result.unproved)
    if not number:
        return ""
    more = " else" if any(one.order for one in result.written) else ""
    return (
        f"mig: warning: the merge migration orders nothing{more}, and {count(number, 'pair')} "
        f"of what it joins {'is' if number == 1 else 'are'} not proved to commute\n"
        "mig rebase, instead, puts one side after the other and needs no proof; mig check lists them\n"
    )


def merge_way_out(result: MergeResult) -> str:
    """What standard error says last where a merge was refused."""
    if not result.proposed:
        if all(pair.fix != "mig rebase" for pair in result.blocking):
            return f"next: {result.blocking[0].fix}; mig check shows each pair\n"
        return "mig rebase puts one side after the other; mig check shows each pair\n"
    flags = " ".join(f"--order {first},{second}" for first, second in result.proposed)
    rebased = any(pair.fix == "mig rebase" for pair in result.blocking)
    more = "; mig rebase settles the others" if rebased else ""
    return f"next: mig merge {flags}, which puts them in order everywhere{more}\n"


def new_value(made: Composed) -> dict[str, object]:
    return {"id": made.id, "path": made.path, "parents": list(made.parents)}


def init_lines(result: InitResult) -> Iterator[Line]:
    """What was written, and what was there already."""
    yield (
        span(("wrote " if result.wrote_config else "kept  ") + result.config),
        span("" if result.wrote_config else ", which configures mig already"),
    )
    where = f"{result.folder or '.'}/"
    yield (span(f"made  {where}" if result.made_folder else f"kept  {where}, which is there already"),)
    for name, done in result.hooks:
        yield (span(f"hook  {name}: {done}"),)
    if result.made_folder:
        yield _next('mig new "message"', "makes the first migration")
    elif not result.hooks:
        yield _next("mig check", "compares this branch with the one it will be merged into")


def init_value(result: InitResult) -> dict[str, object]:
    return {
        "config": result.config,
        "wrote_config": result.wrote_config,
        "path": result.folder,
        "made_folder": result.made_folder,
        "hooks": dict(result.hooks),
    }


def _nothing_to_rebase(result: RebaseResult) -> Iterator[Line]:
    if not result.ours:
        yield (span(f"nothing to rebase: {result.base_ref} has every migration that is here"),)
        return
    yield (span(f"nothing to rebase: ours come after those of {result.base_ref} already"),)
    yield from _heads(result.heads)


def _nothing_to_merge(result: MergeResult) -> Iterator[Line]:
    if not any(result.heads.values()):
        yield (span("nothing to merge: there are no migrations"),)
    elif any(len(heads) > 1 for heads in result.heads.values()):
        yield (span("nothing to merge: branch labels keep the heads apart; name those to join"),)
        yield from _heads(result.heads)
    elif len(result.heads) > 1:
        yield (span("nothing to merge: each lineage has one head"),)
    else:
        head = next(iter(result.heads.values()))[0]
        yield span("nothing to merge: there is one head, "), span(head, "id")
    if result.elsewhere:
        more = "is a head" if len(result.elsewhere) == 1 else "are heads"
        listed = [span(one, "id") for one in result.elsewhere]
        yield *_listed(listed), span(f" {more} of {result.base_ref}, and not here yet")
        yield _next("mig rebase", f"or git merge {result.base_ref}, then mig merge")


def _blocked(blocking: Sequence[Finding]) -> Iterator[Line]:
    pairs = count(len(blocking), "pair")
    yield (span(f"nothing was written: {pairs} of what the merge would join must be ordered, or changed"),)
    unknown = [pair for pair in blocking if pair.verdict is Verdict.UNKNOWN]
    blocks = [[pair] for pair in blocking if pair not in unknown] + ([unknown] if unknown else [])
    for block in blocks:
        yield _BLANK
        yield from render_block(block)


def _table(rewritten: Sequence[Rewritten]) -> Iterator[Line]:
    moves = [_move(one) for one in rewritten]
    ids = max(len(one.id) for one in rewritten)
    width = max(map(len, moves))
    for one, move in zip(rewritten, moves, strict=True):
        yield (
            span("  "),
            span(one.id.ljust(ids), "id"),
            span(f"  {move.ljust(width)}  "),
            span(one.path, "path"),
        )


def _move(one: Rewritten) -> str:
    said = [f"was {one.id_before}"] if one.id != one.id_before else []
    if one.parents_moved:
        said.append(f"{', '.join(one.parents_before) or 'no parents'} -> {', '.join(one.parents)}")
    if one.replacements and not said:
        said.append(f"{len(one.replacements)} {'name' if len(one.replacements) == 1 else 'names'} replaced")
    return "; ".join(said) or "names others"


def _heads(heads: Mapping[str, Sequence[str]], new: Sequence[str] = ()) -> Iterator[Line]:
    """The heads of each lineage; of many, as Django's apps have, those that are new."""
    for lineage, ids in sorted(heads.items()):
        whose = f"{lineage}: " if len(heads) > 1 else ""
        shown = [one for one in ids if one in new]
        if len(ids) > _MANY and shown:
            more = span(f" and {len(ids) - len(shown)} more")
            yield span(f"{whose}{len(ids)} heads: "), *_listed([span(one, "id") for one in shown]), more
        elif ids:
            yield (
                span(f"{whose}{'one head' if len(ids) == 1 else count(len(ids), 'head')}: "),
                *_listed([span(one, "id") for one in ids]),
            )


def _listed(spans: Sequence[Span]) -> Line:
    return tuple(piece for at, one in enumerate(spans) for piece in ((span(", "), one) if at else (one,)))


def _next(command: str, reason: str) -> Line:
    return span("next  "), span(command, "command"), span(f"  {reason}")


def _ids(heads: Mapping[str, Sequence[str]]) -> dict[str, object]:
    return {lineage: list(ids) for lineage, ids in sorted(heads.items())}


def _text(data: bytes) -> list[str]:
    return (
        data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").removesuffix("\n").split("\n")
        if data
        else []
    )
