"""Walks over the tokens of a query or expression: tables, columns, functions, types, sequences.

The reading errs on one side only: a word that could be a column is taken for one, on every table
that it could belong to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mig.effects import names
from mig.effects.calls import common_queries, name_in, need_type_of, read_call, read_type, use_sequence
from mig.effects.scope import Scope, Use, need_shape
from mig.effects.tokens import NAME, NUMBER, SIGN, STRING, WORD, Token
from mig.effects.vocabulary import BODY_WORDS, CLAUSES, TYPES, find_reserved

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor

_QUERY_STARTS = frozenset({"select", "with", "values", "table"})
_STAR_BEFORE = frozenset({"select", "distinct", "all", ",", "returning", "sql_calc_found_rows", ")"})
_OPERANDS = frozenset({WORD, NAME, STRING, NUMBER})
_SET_OPERATIONS = frozenset({"union", "except", "intersect"})
_CLAUSE_STARTS = ("fetch", "for", "group", "having", "limit", "order", "returning", "set", "where", "window")
_AFTER_WITH = ("no", "data", "cascaded", "local", "check", "option", "ordinality", "rollup", "ties")
_JOINS = frozenset({"join", "straight_join"})


class QueryReader:
    """One run of tokens at one level of parentheses, and recursively those below it."""

    __slots__ = (
        "_body",
        "_clause",
        "_cursor",
        "_expects_table",
        "_is_call",
        "_out",
        "_previous",
        "_reserved",
        "_root",
        "_scope",
        "_use",
        "_was_adjacent",
    )

    def __init__(
        self,
        cursor: Cursor,
        out: Collector,
        use: Use,
        scope: Scope,
        *,
        in_body: bool = False,
        clause: str = "",
    ) -> None:
        self._cursor = cursor
        self._out = out
        self._use = use
        self._scope = self._root = scope
        self._body = in_body
        self._clause = clause
        self._expects_table = clause == "from"
        self._is_call = False
        self._previous = ("", "")
        self._was_adjacent = False
        self._reserved = find_reserved(cursor.dialect)

    def _nested(self, cursor: Cursor) -> None:
        """A query inside this one, which sees the tables of this one too."""
        scope = Scope(outer=self._scope)
        QueryReader(cursor, self._out, self._use, scope).walk()
        self._scope.inner.append(scope)

    def _inner(self, cursor: Cursor, *, is_call: bool = False, clause: str = "") -> None:
        """The parentheses of an expression, a call or a join: the same scope, one level down."""
        reader = QueryReader(cursor, self._out, self._use, self._scope, in_body=self._body, clause=clause)
        reader._is_call = is_call
        reader.walk()

    def walk(self) -> None:
        cursor = self._cursor
        while not cursor.is_done:
            kind, word, _ = cursor.token
            before = (kind, word)
            if kind == WORD:
                self._word(word)
            elif kind == NAME:
                self._chain()
            elif word == "(":
                self._group()
            elif kind == SIGN:
                self._sign(word)
            else:
                cursor.advance()
            self._previous = before if before[1] != "(" else (SIGN, ")")

    def _word(self, word: str) -> None:
        handler = self._handlers.get(word)
        if handler is not None and not (word == "table" and self._clause):
            handler(self)
        elif (word in self._reserved and self._cursor.peek() != ".") or (
            self._body and word in BODY_WORDS and self._cursor.peek() != "."
        ):
            self._cursor.advance()
        else:
            self._chain()

    def _sign(self, word: str) -> None:
        cursor = self._cursor
        cursor.advance()
        if word == "," and self._clause == "from":
            self._expects_table = True
        elif word == "*" and self._previous[1] in _STAR_BEFORE and not self._is_call:
            self._star()
        elif word == "::" and cursor.is_name():
            self._conversion()

    def _conversion(self) -> None:
        """``::type``; a string that becomes a regclass names a relation."""
        kind, word = self._previous
        names_type = read_type(self._cursor, self._out, self._use.aspect)
        if kind == STRING and names_type[-1] == "regclass":
            named = name_in(Token(kind, word, 0), self._out.dialect)
            self._out.need(f"relation:{named}", self._use.aspect)

    def _star(self) -> None:
        if self._clause in {"select", "returning"} or self._previous[1] != ")":
            self._scope.stars[""] = None

    def _group(self) -> None:
        cursor = self._cursor
        if self._expects_table:
            self._table_group()
            return
        inner = cursor.group()
        if inner.word in _QUERY_STARTS:
            self._nested(inner)
        else:
            self._inner(inner)

    def _table_group(self) -> None:
        """``FROM (SELECT ...) a`` or ``FROM (a JOIN b)``."""
        inner = self._cursor.group()
        self._expects_table = False
        start = inner.copy()
        while start.word == "(":
            start = start.group()
        if start.word in _QUERY_STARTS:
            self._nested(inner)
            self._scope.add(self._alias() or "()", "")
        else:
            self._inner(inner, clause="from")
            self._alias()

    def _chain(self) -> None:
        """A name: of a table, a column, a function, a type, or what a column is called here."""
        cursor = self._cursor
        if self._expects_table:
            self._table()
            return
        if self._is_alias():
            self._scope.aliases.add(cursor.part())
            return
        parts = cursor.parts()
        if cursor.word == "." and cursor.peek() == "*":
            cursor.advance(2)
            self._scope.stars[names.join(parts, cursor.dialect)] = None
        elif cursor.word == "(":
            self._call(parts)
        elif cursor.word == "%" and cursor.peek() in {"type", "rowtype"}:
            need_type_of(cursor, parts, self._out, self._use.aspect)
        elif cursor.token.kind == STRING and len(parts) == 1 and parts[0] in TYPES:
            cursor.advance()
        elif cursor.word != "=>":
            self._scope.waiting[parts] = None

    def _is_alias(self) -> bool:
        """Whether a name right after an operand, with nothing after it, is what that is called."""
        kind, word = self._previous
        follows = (kind in _OPERANDS and word not in self._reserved) or word in {")", "end"}
        if not follows or self._clause not in {"select", "returning"}:
            self._was_adjacent = False
            return False
        after = self._cursor.peek()
        ends = after in {"", ",", ")"} or after in CLAUSES
        result = ends and not self._was_adjacent
        self._was_adjacent = True
        return result

    def _call(self, parts: tuple[str, ...]) -> None:
        arguments = self._cursor.group()
        read_call(parts, arguments.copy(), self._out, self._use)
        if parts == ("extract",) and arguments.peek() == "from":
            arguments.advance()
        if arguments.word in _QUERY_STARTS and arguments.word != "values":
            self._nested(arguments)
        elif parts[-1] in {"cast", "try_cast", "convert"}:
            self._cast(arguments)
        else:
            self._inner(arguments, is_call=True)

    def _cast(self, arguments: Cursor) -> None:
        self._inner(arguments.until("as"), is_call=True)
        if arguments.accept("as") and arguments.is_name():
            read_type(arguments, self._out, self._use.aspect)

    def _table(self) -> None:
        cursor = self._cursor
        self._expects_table = False
        parts = cursor.parts()
        name = names.join(parts, cursor.dialect)
        if cursor.word == "(" and self._clause == "from":
            self._call(parts)
            cursor.accept("with", "ordinality")
            self._scope.add(self._alias() or parts[-1], "")
            return
        is_query = len(parts) == 1 and self._scope.knows_query(parts[0])
        cursor.accept("*")
        if cursor.word == "partition" and cursor.peek() == "(":
            cursor.advance()
            cursor.group()
        alias = self._alias() if self._clause == "from" or self._body else ""
        is_followed = not is_query and not names.is_catalogue(name, cursor.dialect)
        self._scope.add(alias or parts[-1], name if is_followed else "")
        if not is_query:
            self._use_table(name)

    def _use_table(self, name: str) -> None:
        out, use = self._out, self._use
        if name == "dual" or (self._body and name in {"new", "old", "inserted", "deleted"}):
            return
        if names.is_catalogue(name, out.dialect):
            if use.runs:
                out.read("catalogue", "query")
            return
        out.need_relation(name, use.aspect)
        if use.runs:
            out.read(f"rows:{name}", "query")

    def _alias(self) -> str:
        cursor = self._cursor
        named = cursor.accept("as")
        if not cursor.is_name() or (not named and (cursor.word in CLAUSES or cursor.word in self._reserved)):
            if named:
                cursor.skip_group()
            return ""
        if not named and cursor.token.kind == STRING:
            return ""
        alias = cursor.part()
        cursor.skip_group()
        return alias

    def _on_with(self) -> None:
        """Common table expressions; ``WITH`` of anything else is passed over."""
        self._cursor.advance()
        for name, query in common_queries(self._cursor):
            self._scope.queries.add(name)
            self._nested(query)
        while self._cursor.accept_one(*_AFTER_WITH):
            pass

    def _on_select(self) -> None:
        self._flush()
        self._clause = "select"
        self._cursor.advance()

    def _on_values(self) -> None:
        self._cursor.advance()
        self._clause = self._clause if self._clause == "from" else "values"

    def _on_table(self) -> None:
        self._cursor.advance()
        if self._cursor.is_name() and (not self._clause or self._body):
            self._scope.stars[""] = None
            self._clause = "from"
            self._expects_table = True

    def _on_set_operation(self) -> None:
        self._flush()
        self._clause = ""
        self._cursor.advance()
        self._cursor.accept_one("all", "distinct")

    def _flush(self) -> None:
        """A SELECT after UNION has a FROM list of its own."""
        if self._clause and not self._body:
            first = self._scope
            self._scope = Scope(outer=first.outer, queries=first.queries, is_certain=first.is_certain)
            (self._root.outer or self._root).inner.append(self._scope)

    def _on_from(self) -> None:
        cursor = self._cursor
        cursor.advance()
        if self._is_call or self._previous[1] == "distinct":
            return
        self._clause = "from"
        self._expects_table = True
        _skip_table_words(self._cursor)

    def _on_join(self) -> None:
        self._cursor.advance()
        self._clause = "from"
        self._expects_table = True
        _skip_table_words(self._cursor)

    def _on_natural(self) -> None:
        self._cursor.advance()
        self._scope.stars[""] = None

    def _on_clause(self) -> None:
        self._clause = self._cursor.word
        self._expects_table = False
        self._cursor.advance()

    def _on_as(self) -> None:
        cursor = self._cursor
        cursor.advance()
        if self._clause in {"select", "returning"} and cursor.is_name():
            self._scope.aliases.add(cursor.part())

    def _on_at(self) -> None:
        if self._cursor.peek() == "time" and self._cursor.peek(2) == "zone":
            self._cursor.advance(3)
        else:
            self._chain()

    def _on_next(self) -> None:
        """``NEXT VALUE FOR s`` of MariaDB."""
        cursor = self._cursor
        if cursor.peek() != "value" or cursor.peek(2) != "for":
            self._chain()
            return
        access = "advance" if cursor.word == "next" else ""
        cursor.advance(3)
        if cursor.is_name():
            use_sequence(cursor.name(), access, self._out, self._use)

    def _on_partition(self) -> None:
        if self._cursor.peek() == "by":
            self._cursor.advance(2)
        else:
            self._chain()

    def _on_collate(self) -> None:
        self._cursor.advance()
        if self._cursor.is_name():
            self._cursor.parts()

    def _on_into(self) -> None:
        """The table of an INSERT in a body; the variable that a SELECT goes into is none."""
        self._cursor.advance()
        if self._previous[1] in {"insert", "replace", "ignore", "merge", "overwrite"}:
            self._written()

    def _on_update(self) -> None:
        self._cursor.advance()
        if self._body and self._previous[1] not in {"do", "key", "for", "then", "on"}:
            self._written()

    def _written(self) -> None:
        cursor = self._cursor
        cursor.accept("only")
        if not cursor.is_name():
            return
        table = cursor.copy().name()
        self._clause = ""
        self._table()
        if self._previous[1] != "update" and cursor.word in {"values", "select", "with"}:
            need_shape(table, self._out, self._use)

    _handlers: ClassVar[dict[str, Callable[[QueryReader], None]]] = {
        "as": _on_as,
        "at": _on_at,
        "collate": _on_collate,
        "from": _on_from,
        "into": _on_into,
        "natural": _on_natural,
        "next": _on_next,
        "previous": _on_next,
        "partition": _on_partition,
        "select": _on_select,
        "table": _on_table,
        "update": _on_update,
        "values": _on_values,
        "with": _on_with,
        **dict.fromkeys(_JOINS, _on_join),
        **dict.fromkeys(_SET_OPERATIONS, _on_set_operation),
        **dict.fromkeys(_CLAUSE_STARTS, _on_clause),
    }


def _skip_table_words(cursor: Cursor) -> None:
    while cursor.accept_one("only", "lateral"):
        pass
