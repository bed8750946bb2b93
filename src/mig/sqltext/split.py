"""Splits a script into its statements without changing a character of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mig.model import Statement
from mig.sqltext import tokens
from mig.sqltext.blocks import Body
from mig.sqltext.tokens import SPACE, Scanner, find_syntax

MAX_STATEMENTS = 100_000
MAX_PROBLEMS = 100

_REGION_MARK = re.compile(r"(?<![^\r\n])[ \t]*--[ \t]*mig:(?P<name>statement|end)(?![^ \t\r\n])[^\r\n]*")
_COPY_FROM_CLIENT = re.compile(r"\bfrom\s+stdin\b", re.IGNORECASE)
_COPY_END = re.compile(r"(?<![^\r\n])\\\.[ \t]*(?=[\r\n]|\Z)")
# In the middle of a statement a line may begin with a column of the name "delimiter".
_BARE_DELIMITER = re.compile(r"[;/$|#!@&~^%]+")
_LONGEST_KEYWORD = 16
_LONGEST_DELIMITER = 32
_OPENING = {"$": "dollar quote", '"': "double quotes", "`": "backticks", "[": "brackets", "/": "comment"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The statements of a script in order, and what kept it from being read surely.

    A problem is a message and a line.  Where there is one, the statements must not be run.
    ``columns`` are those of the problems, in characters from 1; 0 where it is the whole line.
    """

    statements: tuple[Statement, ...] = ()
    problems: tuple[tuple[str, int], ...] = ()
    columns: tuple[int, ...] = ()


def split(text: str, dialect: str, *, first_line: int = 1) -> Split:
    """The statements of ``text``, whose first line has the number ``first_line``.

    Statements keep the comments inside them and lose those around them, and the semicolon.
    Strings are read as the databases do by default: backslashes escape in MySQL and MariaDB, and
    in PostgreSQL only after ``E``.  A dialect that is not known is read by the SQL standard.
    """
    return _Splitter(text, dialect, first_line).run()


def is_blank(text: str, dialect: str) -> bool:
    """Whether there is nothing but white space and comments."""
    scanner = Scanner(text, find_syntax(dialect))
    while (token := scanner.next(words=False)) is not None:
        if token[0] not in {tokens.BLANK, tokens.COMMENT, tokens.DIRECTIVE}:
            return False
    return True


def _count_lines(text: str, start: int, end: int) -> int:
    feeds, returns = text.count("\n", start, end), text.count("\r", start, end)
    return feeds + returns - (text.count("\r\n", start, end) if feeds and returns else 0)


class _Splitter:
    """One pass over one text; ``start`` is -1 between statements."""

    def __init__(self, text: str, dialect: str, first_line: int) -> None:
        self.text = text
        self.syntax = find_syntax(dialect)
        self.scanner = Scanner(text, self.syntax)
        self.statements: list[Statement] = []
        self.problems: list[tuple[str, int, int]] = []
        self.first_line = first_line
        self.counted = (0, first_line)
        self.line_start = 0
        self.rows_may_end = True
        self._reset()
        self.actions = {
            tokens.COMMENT: self._comment,
            tokens.DIRECTIVE: self._directive,
            tokens.DELIMITER_LINE: self._delimiter_line,
            tokens.CLIENT_COMMAND: self._client_command,
            tokens.SEMICOLON: self._semicolon,
            tokens.TERMINATOR: self._terminator,
            tokens.EXECUTABLE: self._executable,
            tokens.EXECUTABLE_END: self._executable,
            tokens.UNTERMINATED: self._unterminated,
        }

    def run(self) -> Split:
        scanner, actions, blank = self.scanner, self.actions, tokens.BLANK
        while (token := scanner.next(words=not self.body.is_plain)) is not None:
            kind, start, end = token
            if kind == blank:
                continue
            if len(self.statements) >= MAX_STATEMENTS and kind != tokens.COMMENT:
                self._report(f"more than {MAX_STATEMENTS} statements", self._line(start))
                break
            actions.get(kind, self._piece)(kind, start, end)
        else:
            self._finish(is_cut=True)
        self._report_nul()
        found = sorted(self.problems, key=lambda p: p[1])
        return Split(
            statements=tuple(self.statements),
            problems=tuple((message, line) for message, line, _ in found),
            columns=tuple(column for _, _, column in found),
        )

    def _reset(self) -> None:
        self.start = -1
        self.end = 0
        self.line = 0
        self.column = 0
        self.hides_rest = False
        self.body = Body(self.syntax.name)

    def _line(self, position: int) -> int:
        """The line of a position at or after the last one that was asked for."""
        before, line = self.counted
        line += _count_lines(self.text, before, position)
        self.counted = (position, line)
        self.line_start = max(
            self.line_start, *(self.text.rfind(end, before, position) + 1 for end in "\r\n")
        )
        return line

    def _report(self, message: str, line: int, at: int = -1) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            column = 0 if at < 0 else at - max(self.text.rfind(end, 0, at) for end in "\r\n")
            self.problems.append((message, line, column))

    def _report_nul(self) -> None:
        at = self.text.find("\0")
        if at >= 0:
            self._report("NUL character", self.first_line + _count_lines(self.text, 0, at), at)

    def _piece(self, kind: str, start: int, end: int) -> None:
        self._extend(start, end)
        if self.body.is_plain:
            return
        if kind == tokens.QUOTED:
            self.body.feed("'")
        elif end - start <= _LONGEST_KEYWORD:
            self.body.feed(self.text[start:end].lower())
        else:
            self.body.feed(self.text[end - 1])

    def _extend(self, start: int, end: int) -> None:
        if self.start < 0:
            self.start = start
            self.line = self._line(start)
            self.column = start - self.line_start + 1
        self.end = end
        if self.hides_rest:
            self.hides_rest = False
            self._report(f"a lone carriage return ends no comment for {self.syntax.name}", self._line(start))

    def _comment(self, _kind: str, start: int, end: int) -> None:
        """Watch for a line comment that ends for people, but goes on for the database."""
        if self.start < 0 or not self.syntax.line_feed_only or self.text.startswith("/*", start):
            return
        following = self.text[end : end + 2]
        self.hides_rest = following.startswith("\r") and following != "\r\n"

    def _semicolon(self, _kind: str, _start: int, _end: int) -> None:
        waits = self.body.is_routine if self.scanner.terminator else self.body.is_open
        if waits or self.scanner.in_executable:
            self.body.feed(";")
        else:
            self._finish()

    def _terminator(self, _kind: str, _start: int, _end: int) -> None:
        self._finish()

    def _executable(self, kind: str, start: int, end: int) -> None:
        """``/*! ... */`` of MySQL, and of MariaDB with an M too, is code that looks like a comment."""
        self._extend(start, end)
        self.scanner.in_executable = kind == tokens.EXECUTABLE

    def _finish(self, *, is_cut: bool = False) -> None:
        """End the statement that is being read, if any; ``is_cut`` where nothing has closed it."""
        if self.start >= 0:
            text = self.text[self.start : self.end].rstrip(SPACE)
            self.statements.append(Statement(text=text, line=self.line, column=self.column))
            if is_cut:
                self._report_open()
            self._report_unsplittable(text)
            self.scanner.in_executable = False
            self._reset()

    def _report_open(self) -> None:
        if self.scanner.in_executable:
            self._report("unterminated comment", self.line)
        elif self.body.is_open:
            what = "parenthesis is never closed" if self.body.kind == "rule" else "BEGIN has no END"
            self._report(f"unterminated statement: its {what}", self.line)

    def _report_unsplittable(self, text: str) -> None:
        if self.body.kind == "package" and self.body.is_routine and not self.scanner.terminator:
            self._report(
                "the end of CREATE PACKAGE is unclear: put it between mig:statement and mig:end", self.line
            )
        elif (
            self.body.first == "copy" and self.syntax.name == "postgresql" and _COPY_FROM_CLIENT.search(text)
        ):
            self._report("COPY FROM STDIN takes its rows from a client: write INSERT", self.line)
            self._skip_rows()

    def _skip_rows(self) -> None:
        """Go on after the rows that psql would send, so that they are not taken for SQL."""
        end = _COPY_END.search(self.text, self.scanner.position) if self.rows_may_end else None
        self.rows_may_end = end is not None
        if end is not None:
            self.scanner.position = end.end()

    def _unterminated(self, _kind: str, start: int, end: int) -> None:
        sign = self.text[start]
        self._report(f"unterminated {_OPENING.get(sign, 'quoted string')}", self._line(start), start)
        if sign != "/":
            self._extend(start, end)
        # One problem is enough: what the rest of the text would have closed is not known.
        self.body = Body(self.syntax.name)
        self.scanner.in_executable = False

    def _client_command(self, _kind: str, start: int, end: int) -> None:
        command = self.text[start:end].split()[0][:40]
        self._report(f"{command} is a command of psql, not SQL", self._line(start))

    def _delimiter_line(self, _kind: str, start: int, end: int) -> None:
        line = self.text[start:end]
        value = "".join(line.split()[1:2])
        changes = value != (self.scanner.terminator or ";") and _BARE_DELIMITER.fullmatch(value)
        if self.start >= 0 and not changes:
            begin = start + len(line) - len(line.lstrip(SPACE))
            self.scanner.position = begin + len("delimiter")
            self._piece(tokens.WORD, begin, self.scanner.position)
            return
        self._finish(is_cut=True)
        if 0 < len(value) <= _LONGEST_DELIMITER:
            self.scanner.terminator = "" if value == ";" else value
        else:
            self._report("DELIMITER needs a short sign after it", self._line(start))

    def _directive(self, _kind: str, start: int, end: int) -> None:
        self._finish(is_cut=True)
        line = self._line(start)
        if self.text.startswith("mig:end", self.text.index("mig:", start)):
            self._report("mig:end without mig:statement before it", line)
        else:
            self._region(end, line)

    def _region(self, start: int, line: int) -> None:
        """One statement, whatever it holds, up to the next ``mig:end``."""
        mark = _REGION_MARK.search(self.text, start)
        is_closed = mark is not None and mark["name"] == "end"
        if not is_closed:
            self._report("mig:statement without mig:end after it", line)
        stop = mark.start() if mark else len(self.text)
        self.scanner.position = mark.end() if mark and is_closed else stop
        region = self.text[start:stop]
        content = region.strip(SPACE).removesuffix(";").rstrip(SPACE)
        if not is_blank(content, self.syntax.name):
            begin = start + len(region) - len(region.lstrip(SPACE))
            line = self._line(begin)
            column = begin - self.line_start + 1
            self.statements.append(Statement(text=content, line=line, column=column))
