"""Puts the names that things have now into the text of a migration that was written for older ones.

A place is rewritten for what it means: each word that could be an old name is replaced by one that
nobody uses, the text is read again, and the effects in which that one turns up tell what the word
stands for.  In the end the rewritten text is read, and does what the old one did, under the new names;
else it is refused.  Nothing but the words themselves changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mig.conflicts.moves import GONE, Moves, split_name
from mig.effects.footprint import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from mig.effects.footprint import Effect, Operation
    from mig.effects.words import Word

    Has = Callable[[str], bool | None]
    _Edits = dict[tuple[int, int], tuple[Word, str]]

UP, DOWN = "up", "down"
_PROBE = "mig_probe_zq"
_MOST_ROUNDS = 5
_MOST_WORDS = 400
_MOST_CHARACTERS = 4_000_000
_BEFORE_OUTPUT = frozenset({"select", ",", ".", "distinct"})
_SHOWS = ("create view", "create materialized view", "create table")


class RefusedError(Exception):
    """What cannot be rewritten safely, and the line on which it stands."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.why = why
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A part of a file that is read by itself: a statement, or all of a program's one direction.

    ``find`` gives the words of a text that are one of these names; ``quote`` writes a new name as it
    must stand in the place of a word.
    """

    direction: str
    start: int
    text: str
    read: Callable[[str], tuple[Operation, ...]] = field(repr=False)
    find: Callable[[str, Collection[str]], tuple[Word, ...]] = field(repr=False)
    quote: Callable[[Word, str], str] = field(repr=False)
    is_program: bool = False

    def holds(self, start: int, end: int) -> bool:
        """Whether a part of the file lies in it."""
        return self.start <= start and end <= self.start + len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """One word of a file that is another one now."""

    start: int
    end: int
    line: int
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """A text with other words in it; ``notes`` say what a person should look at."""

    text: str
    replacements: tuple[Replacement, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ref:
    """What a word stands for: one part of the name of an effect's resource."""

    operation: int
    effect: Effect
    resource: str
    part: int


def rewrite(text: str, scopes: tuple[Scope, ...], moves: Moves, has: Has) -> Rewriting:
    """The text under the names that things have now.

    Args:
        text: the whole file.
        scopes: its parts, each direction's in the order in which they run.
        moves: the names before the migration.
        has: whether there is a thing of the old names; None: it is not known.

    Raises:
        RefusedError: it is not certain what a place means, or it means what was dropped.
    """
    return _Rewriter(text, scopes, moves, has).run()


class _Rewriter:
    """Decides word by word, and again until the names that follow from new names are settled too."""

    def __init__(self, text: str, scopes: tuple[Scope, ...], moves: Moves, has: Has) -> None:
        self.text = text
        self.scopes = scopes
        self.moves = moves
        self.has = has
        self.was = [scope.read(scope.text) for scope in scopes]
        self.at: list[list[Moves]] = []
        self.refs: dict[tuple[int, Word], tuple[_Ref, ...] | None] = {}

    def run(self) -> Rewriting:
        edits: _Edits = {}
        for _ in range(_MOST_ROUNDS):
            now = [scope.read(self._apply(scope, edits)) for scope in self.scopes]
            self._follow(now)
            wanted = self._decide()
            if wanted == edits:
                self._verify(now)
                return self._result(edits)
            edits = wanted
        raise RefusedError("one new name leads to the next without an end", 1)

    def _apply(self, scope: Scope, edits: _Edits) -> str:
        inside = {
            (start - scope.start, end - scope.start): new
            for (start, end), (_, new) in edits.items()
            if scope.holds(start, end)
        }
        return _replace(scope.text, inside)

    def _follow(self, now: list[tuple[Operation, ...]]) -> None:
        """The names before each operation; a down begins where the up ended."""
        self.at = [[] for _ in self.scopes]
        moves = self.moves.copy()
        for direction, start in ((UP, None), (DOWN, self.moves)):
            for number, scope in enumerate(self.scopes):
                if scope.direction != direction:
                    continue
                for index, operation in enumerate(self.was[number]):
                    self.at[number].append(moves.copy())
                    read = now[number]
                    effects = read[index].effects if index < len(read) else operation.effects
                    moves.go_on(operation.effects, effects, start)

    def _decide(self) -> _Edits:
        edits: _Edits = {}
        for number, scope in enumerate(self.scopes):
            names = {word for moves in (self.moves, *self.at[number]) for word in moves.words()}
            words = scope.find(scope.text, names) if names else ()
            if len(words) > _MOST_WORDS or len(words) * len(scope.text) > _MOST_CHARACTERS:
                why = f"{len(words)} places name what was renamed, too many to try"
                raise RefusedError(why, self._line(scope, words[0]))
            found = {word: self._new_name(number, word, words) for word in words}
            self._refuse_hidden(scope, found)
            for word, new in found.items():
                key, text = (scope.start + word.start, scope.start + word.end), scope.quote(word, new)
                if new and key in edits and edits[key][1] != text:
                    why = f"{word.raw} is one thing in up and another in down"
                    raise RefusedError(why, self._line(scope, word))
                if new:
                    edits[key] = word, text
        return edits

    def _new_name(self, number: int, word: Word, words: tuple[Word, ...]) -> str:
        """What a word must be called now; empty where it stays."""
        line = self._line(self.scopes[number], word)
        refs = self._find_refs(number, word)
        if refs is None:
            raise RefusedError(f"what {word.raw} means here cannot be told", line)
        if not refs:
            return self._unseen(number, word, words)
        certain = [ref for ref in refs if ref.effect.detail != "candidate"]
        likely = certain or [ref for ref in refs if self.has(ref.resource) is not False] or list(refs)
        targets = {self._target(number, ref, line) for ref in likely}
        if len(targets) > 1:
            things = " or ".join(sorted({ref.resource.partition(":")[2] for ref in likely}))
            raise RefusedError(f"{word.raw} may be {things} here", line)
        (target,) = targets
        return target if target != word.name else ""

    def _unseen(self, number: int, word: Word, words: tuple[Word, ...]) -> str:
        """A word in which the reader sees no name of a thing: data, an alias, or a name before a dot."""
        scope = self.scopes[number]
        line = self._line(scope, word)
        for operation in self.was[number]:
            if operation.opaque:
                raise RefusedError(f"what {word.raw} means here cannot be told: {operation.opaque}", line)
        if word.is_text or word.is_alias or scope.is_program:
            return ""
        twins = [w for w in words if w.name == word.name and w is not word and self._find_refs(number, w)]
        if word.after == "." and twins and not any(w.is_alias for w in words):
            return self._new_name(number, twins[0], words)
        raise RefusedError(f"what {word.raw} means here cannot be told", line)

    def _refuse_hidden(self, scope: Scope, found: dict[Word, str]) -> None:
        """A name that the query itself gives stands in front of the column in ORDER BY and its like."""
        aliases = {word.name for word in found if word.is_alias}
        for word, new in found.items():
            if new and word.is_sorting and word.name in aliases and word.before != ".":
                why = f"{word.raw} may be the column or the name given by AS"
                raise RefusedError(why, self._line(scope, word))

    def _find_refs(self, number: int, word: Word) -> tuple[_Ref, ...] | None:
        key = number, word
        if key not in self.refs:
            scope, was = self.scopes[number], self.was[number]
            probe = scope.quote(word, _PROBE)
            read = scope.read(_replace(scope.text, {(word.start, word.end): probe}))
            self.refs[key] = tuple(_refs(was, read, word)) if len(read) == len(was) else None
        return self.refs[key]

    def _target(self, number: int, ref: _Ref, line: int) -> str:
        target = self._resource(number, ref.operation, ref.effect, ref.resource)
        if target == GONE:
            name = ref.resource.partition(":")[2]
            raise RefusedError(f"{name} was dropped, so there is no new name for it", line)
        before, after = (split_name(name.rpartition(":")[2]) for name in (ref.resource, target))
        if len(before) != len(after):
            raise RefusedError(f"{'.'.join(before)} is {'.'.join(after)} now, in another schema", line)
        return after[ref.part]

    def _resource(self, number: int, index: int, effect: Effect, resource: str) -> str:
        moves, direction = self.at[number][index], self.scopes[number].direction
        if effect.access is not Access.CREATE:
            found = moves.find(resource)
            # IF EXISTS finds nothing, and minds nothing.
            return resource if found == GONE and effect.aspect == "if" else found
        if direction == DOWN and self.moves.names.get(resource):
            return self.moves.names[resource]
        return moves.below(resource)

    def _verify(self, now: list[tuple[Operation, ...]]) -> None:
        """Whether the rewritten text does what the old one did, under the new names."""
        for number, scope in enumerate(self.scopes):
            begin = self.text.count("\n", 0, scope.start)
            if len(now[number]) != len(self.was[number]):
                raise RefusedError("the rewritten text does something else", begin + 1)
            for index, (was, read) in enumerate(zip(self.was[number], now[number], strict=True)):
                wanted = {
                    (e.access, e.kind, self._resource(number, index, e, e.resource)) for e in _said(was)
                }
                found = {(e.access, e.kind, e.resource) for e in _said(read)}
                if wanted != found or was.opaque != read.opaque:
                    missing = sorted(name for _, _, name in wanted - found if name)
                    name = missing[0].partition(":")[2] if missing else "what was renamed"
                    raise RefusedError(f"{name} cannot be put in here safely", begin + was.line)

    def _line(self, scope: Scope, word: Word) -> int:
        return self.text.count("\n", 0, scope.start + word.start) + 1

    def _result(self, edits: _Edits) -> Rewriting:
        replacements = tuple(
            Replacement(start=start, end=end, line=self.text.count("\n", 0, start) + 1, old=word.raw, new=new)
            for (start, end), (word, new) in sorted(edits.items())
        )
        return Rewriting(
            text=_replace(self.text, {key: new for key, (_, new) in edits.items()}),
            replacements=replacements,
            notes=tuple(dict.fromkeys(self._notes(edits))),
        )

    def _notes(self, edits: _Edits) -> Iterator[str]:
        """Where a query passes a column's name on: what it makes has another column now."""
        for number, scope in enumerate(self.scopes):
            operations = self.was[number]
            if scope.is_program or not operations or not operations[0].kind.startswith(_SHOWS):
                continue
            for (start, end), (word, new) in sorted(edits.items()):
                if scope.holds(start, end) and word.after in {",", "from"} and word.before in _BEFORE_OUTPUT:
                    line = self._line(scope, word)
                    yield (
                        f"line {line}: what it makes shows {new} where it showed {word.raw}; "
                        f"to keep the name write {new} AS {word.raw}"
                    )


def _refs(was: tuple[Operation, ...], read: tuple[Operation, ...], word: Word) -> Iterator[_Ref]:
    for index, operation in enumerate(read):
        known = {effect.resource for effect in was[index].effects}
        for effect in operation.effects:
            kind, colon, name = effect.resource.rpartition(":")
            parts = split_name(name)
            for at, part in enumerate(parts):
                if part != _PROBE:
                    continue
                for old in dict.fromkeys((word.name, word.raw, f'"{word.raw}"')):
                    resource = kind + colon + ".".join((*parts[:at], old, *parts[at + 1 :]))
                    if resource in known:
                        yield _Ref(index, effect, resource, at)
                        break


def _said(operation: Operation) -> Iterable[Effect]:
    """The effects that the text itself names."""
    return (
        e
        for e in operation.effects
        if e.detail != "candidate"
        # The name that a convention would give follows the table and the column.
        and e.aspect != "convention"
        and not (e.implicit and e.access is Access.CREATE)
        and "candidate" not in e.detail.split()
    )


def _replace(text: str, words: dict[tuple[int, int], str]) -> str:
    pieces: list[str] = []
    at = 0
    for (start, end), new in sorted(words.items()):
        pieces += [text[at:start], new]
        at = end
    return "".join((*pieces, text[at:]))
