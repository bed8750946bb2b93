"""Scripts are split where the databases themselves would end a statement, and nowhere else."""

from __future__ import annotations

import re
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mig.sqltext.split import MAX_PROBLEMS, MAX_STATEMENTS, is_blank, split

DIALECTS = ("postgresql", "mysql", "mariadb", "sqlite", "oracle")
MYSQL_LIKE = ("mysql", "mariadb")


def texts(script: str, dialect: str) -> list[str]:
    result = split(script, dialect)
    assert result.problems == ()
    return [statement.text for statement in result.statements]


WHOLE_EVERYWHERE = [
    "SELECT 1",
    "SELECT 'a;b'",
    "SELECT 'it''s; fine'",
    "SELECT 'a' 'b;c'",
    "SELECT ''",
    "SELECT ''';'''",
    'SELECT "a;b"',
    'SELECT "a"";b"',
    "SELECT 1 /* a; b */ + 2",
    "SELECT 1 -- a; b\n + 2",
    "SELECT 1 -- it's\n + 2",
    "SELECT 1 /* it's -- not */ + 2",
    "SELECT 1 - 2 / 3 * 4",
    "SELECT 2*/*c;*/3",
    "SELECT 'é; ü' AS größe",
    "SELECT '-- mig:statement'",
    "SELECT '\n-- mig:statement\n'",
    "SELECT '\nDELIMITER //\n'",
    "(SELECT 1) UNION (SELECT 2)",
    "WITH x AS (SELECT 1) SELECT * FROM x",
    "BEGIN",
    "BEGIN TRANSACTION",
    "COMMIT",
    "END",
    "ROLLBACK",
    "DROP TRIGGER t",
    "DROP FUNCTION f",
    "CREATE TABLE trigger_log (begin_at int, end_at int)",
    'CREATE TABLE "trigger" ("begin" int, "end" int)',
    "CREATE TEMPORARY TABLE t (a int)",
    "CREATE OR REPLACE VIEW v AS SELECT CASE WHEN a THEN 1 END AS b FROM t",
    "CREATE UNIQUE INDEX begin_ix ON t (a)",
    "ALTER TABLE t ADD COLUMN b int DEFAULT 1",
    "INSERT INTO t VALUES (1, 'x'), (2, ';')",
    "SELECT CASE WHEN 1 THEN CASE WHEN 2 THEN 3 END END",
    "SELECT 1 AS\N{NO-BREAK SPACE}",
]

POSTGRESQL = [
    r"SELECT '\'",
    r"SELECT E'\';'",
    r"SELECT e'a\\', 1",
    r"SELECT E'a''b\';c'",
    "SELECT E'a'\n  'b\\';c'",
    "SELECT E'a' -- c\n -- d\n\n  'b\\';c'",
    "SELECT E'a', '\\'",
    r"SELECT U&'d\0061t;', U&" + '"d;"',
    "SELECT U&'d!0061' UESCAPE '!'",
    "SELECT B'01', X'0f', N'a;'",
    "SELECT namE'x;'",
    "SELECT $$a;b$$",
    "SELECT $x$a;$y$;$$;$x$",
    "SELECT $é$;$é$",
    "SELECT $1::int, $2::text",
    "SELECT 1 AS a$b$, 2 AS c$b$",
    "SELECT a$$ , b$$",
    "SELECT 1$a$;$a$",
    "SELECT '1'::int, (ARRAY[1,2])[1:2]",
    "SELECT a #> '{b}', a #- '{b}', 3 # 4, a @> b, a ? 'k', a ?| b, a <@ b FROM t",
    "SELECT 1 /* a /* b; */ c; */ + 2",
    "SELECT 5 - -4",
    "SELECT a['[;']",
    "SELECT `a` + 1",
    "DO $do$ BEGIN IF true THEN PERFORM 1; END IF; END $do$",
    "CREATE FUNCTION f() RETURNS int AS 'BEGIN RETURN 1; END' LANGUAGE plpgsql",
    "CREATE FUNCTION f() RETURNS int AS $$ BEGIN; $$ LANGUAGE sql",
    "CREATE FUNCTION f() RETURNS int RETURN 1",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS end; SELECT 2 end; SELECT 3; END",
    "create or replace procedure p()\nbegin -- x;\n atomic insert into t values (';'); end",
    "CREATE PROCEDURE p() BEGIN ATOMIC END",
    "CREATE FUNCTION f(begin int) RETURNS int RETURN begin",
    "CREATE FUNCTION begin() RETURNS int RETURN 1",
    "CREATE /* a; */ FUNCTION f() RETURNS int BEGIN /* b; */ ATOMIC SELECT 1; END",
    "CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW EXECUTE FUNCTION f()",
    "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON u FOR EACH ROW EXECUTE FUNCTION f()",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT (2); SELECT ')')",
    "CREATE OR REPLACE RULE r AS ON INSERT TO t DO INSTEAD NOTHING",
    "COPY t FROM '/tmp/x'",
    "COPY t TO STDOUT",
    "DELIMITER //",
]

SQLITE = [
    "SELECT '\\'",
    "SELECT `a;b`, [c;'d]",
    'SELECT "a;b"',
    "SELECT $name, ?1, :x, @y",
    "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1; END",
    "create temp trigger t after insert on u begin select 1; select 2; end",
    "CREATE TEMPORARY TRIGGER IF NOT EXISTS main.t INSTEAD OF UPDATE OF a ON u BEGIN SELECT 1; END",
    "CREATE -- a;\n TRIGGER /* b; */ t AFTER INSERT ON u BEGIN SELECT 1; END",
    "CREATE TRIGGER t AFTER INSERT ON u WHEN new.a > CASE WHEN 1 THEN 2 END BEGIN SELECT 1; END",
    "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT CASE WHEN 1 THEN 2 END; UPDATE u SET a = 1; END",
    "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1 AS end; SELECT 2 end; SELECT 3; /* c */ END",
    "CREATE TRIGGER begin AFTER INSERT ON end BEGIN SELECT 1; END",
    "CREATE TRIGGER \"begin;\" AFTER INSERT ON [end;] BEGIN SELECT '; END;'; END",
]

MYSQL = [
    r"SELECT '\';'",
    r'SELECT "\";"',
    r"SELECT '\\', 1",
    "SELECT `a;b`, `c``;d`",
    "SELECT 1 # a; b'\n + 2",
    "SELECT 1--1",
    "SELECT 1 --\n + 2",
    "SELECT 1 --\t;\n + 2",
    "SELECT $a$, a$b$",
    "SELECT E'a', n'b;'",
    "SELECT 1 /* a /* b; */ + 2",
    "SELECT /*+ MAX_EXECUTION_TIME(1); */ 1",
    "/*!40101 SET NAMES utf8mb4 */",
    "SELECT /*!50000 ';*/', */ 1",
    "SELECT 1 /*!50000 + 1; */",
    "CREATE TABLE t (\n  id int,\n  delimiter varchar(10)\n)",
    "CREATE PROCEDURE begin() SELECT 1",
    "CREATE PROCEDURE p(begin INT, end INT) BEGIN SELECT begin AS begin, end AS end; END",
    "CREATE PROCEDURE p() BEGIN SELECT CASE WHEN end > 1 THEN begin END x FROM t; SELECT 1; END",
    "CREATE PROCEDURE p() BEGIN DECLARE CONTINUE HANDLER FOR NOT FOUND BEGIN SET i = 1; END; SELECT 1; END",
    "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLSTATE '23000', 1062 SET @x = IF(1,2,3); END",
    "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR 1062 IF 1 THEN SET @x = 1; END IF; SELECT 1; END",
    "CREATE PROCEDURE p() BEGIN REPEAT SET i = 1; UNTIL i > CASE WHEN 1 THEN 2 END END REPEAT; END",
    "CREATE PROCEDURE p() l: LOOP IF IF(1,2,3) THEN LEAVE l; ELSE IF 1 THEN DO 1; END IF; END IF; END LOOP",
    "CREATE PROCEDURE p() BEGIN WHILE 0 DO DO IF(1,2,3); SELECT REPEAT('a',2); END WHILE; END",
    "CREATE PROCEDURE p() BEGIN CASE 1 WHEN 1 THEN SELECT 1; WHEN 2 THEN BEGIN END; ELSE DO 1; END CASE; END",
    "CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; ELSEIF 2 THEN SELECT 2; ELSE SELECT 3; END IF; END",
    "CREATE PROCEDURE p() BEGIN l:BEGIN SELECT 1; END l; END",
    "CREATE PROCEDURE p() BEGIN XA END 'x'; XA BEGIN 'x'; START TRANSACTION; COMMIT; END",
    "CREATE PROCEDURE p() BEGIN DROP TABLE IF EXISTS t; CREATE TABLE IF NOT EXISTS t (a INT); END",
    "CREATE PROCEDURE p() BEGIN END",
    "CREATE PROCEDURE p() SELECT begin FROM t",
    "CREATE PROCEDURE p() SET @a = IF(1,2,3)",
    "CREATE PROCEDURE IF NOT EXISTS p() BEGIN SELECT 1; END",
    "CREATE PROCEDURE a.begin() BEGIN SELECT t.end, @end, @begin FROM t; END",
    "CREATE FUNCTION f() RETURNS INT RETURN CASE WHEN 1 THEN IF(1,2,3) END",
    "CREATE FUNCTION f(a SET('x')) RETURNS SET('a') CHARACTER SET utf8 COMMENT ';' BEGIN RETURN 'a'; END",
    "CREATE AGGREGATE FUNCTION f RETURNS STRING SONAME 'f.so'",
    "CREATE DEFINER = `root`@`%` TRIGGER t BEFORE INSERT ON u FOR EACH ROW BEGIN SET @a = 1; END",
    "CREATE DEFINER=root@localhost PROCEDURE p() BEGIN SELECT 1; END",
    "CREATE DEFINER=CURRENT_USER() EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN SELECT 1; END",
    "CREATE DEFINER=root@localhost SQL SECURITY DEFINER VIEW v AS SELECT 1",
    "CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW IF NEW.a THEN SET NEW.a = 1; SET NEW.b = 2; END IF",
    "CREATE TRIGGER t AFTER INSERT ON u FOR EACH ROW FOLLOWS s BEGIN SELECT 1; END",
    "CREATE TRIGGER t AFTER INSERT ON u FOR EACH ROW SET @a = 1",
    "ALTER EVENT e DO BEGIN SELECT 1; SELECT 2; END",
    "ALTER PROCEDURE p COMMENT 'begin;'",
    "/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`h`*/ /*!5 TRIGGER t AFTER DELETE ON u FOR EACH ROW BEGIN END */",
    "/*!50003 CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW BEGIN DO 1; /* c; */ SET @b = 2*3; END */",
]

MARIADB = [
    "CREATE OR REPLACE PROCEDURE p() BEGIN FOR i IN 1..3 DO SELECT i; END FOR; END",
    "CREATE PROCEDURE p() BEGIN FOR r IN (SELECT 1 AS begin) DO SELECT r.begin; END FOR; END",
    "BEGIN NOT ATOMIC SELECT 1; BEGIN NOT ATOMIC IF 1 THEN SELECT 2; END IF; END; END",
    "IF 1 THEN SELECT 1; SELECT 2; END IF",
    "WHILE 0 DO SELECT 1; END WHILE",
    "SELECT 1 /*M!100100 + ';' */",
]

STANDARD = [
    "SELECT '\\'",
    "CREATE PROCEDURE p() BEGIN ATOMIC IF a THEN SELECT 1; END IF; END",
    "CREATE OR ALTER PROCEDURE p AS BEGIN SELECT 1; END",
]

WHOLE = [
    *((dialect, text) for dialect in DIALECTS for text in WHOLE_EVERYWHERE),
    *(("postgresql", text) for text in POSTGRESQL),
    *(("sqlite", text) for text in SQLITE),
    *((dialect, text) for dialect in MYSQL_LIKE for text in MYSQL),
    *(("mariadb", text) for text in MARIADB),
    *(("oracle", text) for text in STANDARD),
]


@pytest.mark.parametrize(("dialect", "text"), [pytest.param(d, t, id=f"{d}: {t[:70]}") for d, t in WHOLE])
def test_one_statement_stays_whole_and_ends_at_its_semicolon(dialect: str, text: str) -> None:
    assert texts(f"{text};\nSELECT 'next';\n", dialect) == [text, "SELECT 'next'"]
    assert texts(text, dialect) == [text]
    assert texts(f"SELECT 'before';{text}\n;;", dialect) == ["SELECT 'before'", text]


@pytest.mark.parametrize(
    ("dialect", "script", "expected"),
    [
        pytest.param("sqlite", "", [], id="nothing"),
        pytest.param("sqlite", " ;; \n;/* a */;-- b", [], id="empty statements are dropped"),
        pytest.param(
            "sqlite",
            "-- a\n/* b */ SELECT 1 -- c\n; -- d\nSELECT /* e */ 2 -- f\n",
            ["SELECT 1", "SELECT /* e */ 2"],
            id="comments around a statement are dropped and those inside it kept",
        ),
        pytest.param(
            "sqlite",
            "BEGIN; CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1; END; COMMIT; END;",
            ["BEGIN", "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1; END", "COMMIT", "END"],
            id="a transaction around a trigger",
        ),
        pytest.param(
            "postgresql", "SELECT '\\'; SELECT 2", ["SELECT '\\'", "SELECT 2"], id="a backslash is plain"
        ),
        pytest.param("mysql", "SELECT $a$;$a$", ["SELECT $a$", "$a$"], id="mysql has no dollar quotes"),
        pytest.param("sqlite", "SELECT $$;$$", ["SELECT $$", "$$"], id="sqlite has no dollar quotes"),
        pytest.param("postgresql", "SELECT [1;2]", ["SELECT [1", "2]"], id="brackets quote only in sqlite"),
        pytest.param(
            "postgresql", "SELECT `a;b`", ["SELECT `a", "b`"], id="backticks quote nothing in postgresql"
        ),
        pytest.param(
            "postgresql", "SELECT 1 # 2; SELECT 3", ["SELECT 1 # 2", "SELECT 3"], id="# is an operator"
        ),
        pytest.param("mysql", "SELECT 1--'a;b'\n", ["SELECT 1--'a;b'"], id="-- needs white space in mysql"),
        pytest.param(
            "sqlite", "SELECT 1 /* a /* b */; c", ["SELECT 1", "c"], id="comments nest only in postgresql"
        ),
        pytest.param(
            "postgresql", "SELECT 1 /*/; */", ["SELECT 1"], id="a comment is not closed by its own star"
        ),
        pytest.param(
            "postgresql",
            "CREATE FUNCTION f() RETURNS int BEGIN SELECT 1; END;",
            ["CREATE FUNCTION f() RETURNS int BEGIN SELECT 1", "END"],
            id="postgresql has no block without ATOMIC",
        ),
        pytest.param("mysql", "/*M! a; */ SELECT 1", ["SELECT 1"], id="/*M! is a comment in mysql"),
        pytest.param(
            "mysql",
            "BEGIN WORK; SELECT 1; COMMIT",
            ["BEGIN WORK", "SELECT 1", "COMMIT"],
            id="BEGIN outside of a routine starts a transaction",
        ),
        pytest.param(
            "mysql",
            "CREATE PROCEDURE p() SELECT 1; SELECT IF(1,2,3); SELECT 2",
            ["CREATE PROCEDURE p() SELECT 1", "SELECT IF(1,2,3)", "SELECT 2"],
            id="a routine of one statement",
        ),
        pytest.param(
            "sqlite", "SELECT 1;\r\n\r\n-- c\r\nSELECT\r\n2;\r\n", ["SELECT 1", "SELECT\r\n2"], id="CRLF"
        ),
        pytest.param("sqlite", "SELECT 1;\r-- c\rSELECT\r2;\r", ["SELECT 1", "SELECT\r2"], id="lone CR"),
    ],
)
def test_scripts_split_into_these_statements(dialect: str, script: str, expected: list[str]) -> None:
    assert texts(script, dialect) == expected


ROUTINE = "CREATE PROCEDURE p()\nBEGIN\n  SELECT 1; SELECT '//', '$$';\nEND"


@pytest.mark.parametrize("dialect", MYSQL_LIKE)
@pytest.mark.parametrize("mark", ["//", "$$", ";;", "|", "#", "go", "/*!*/;", "end_of_it"])
def test_a_delimiter_line_sets_what_ends_statements(dialect: str, mark: str) -> None:
    script = f"SELECT 0;\nDELIMITER {mark}\n{ROUTINE}{' ' if mark.isidentifier() else ''}{mark}\n"
    script += f"{ROUTINE};\n{mark}\n delimiter ;\nSELECT 2; SELECT 3"
    assert texts(script, dialect) == ["SELECT 0", ROUTINE, ROUTINE, "SELECT 2", "SELECT 3"]


def test_a_delimiter_line_ends_a_routine_that_nothing_else_ends() -> None:
    assert texts(f"DELIMITER //\n{ROUTINE}\nDELIMITER ;\nSELECT 2;", "mysql") == [ROUTINE, "SELECT 2"]


def test_semicolons_go_on_ending_plain_statements_beside_another_delimiter() -> None:
    script = "DELIMITER //\nSELECT 1; SELECT 'a//b;' //\nSELECT 2//SELECT 3"
    assert texts(script, "mysql") == ["SELECT 1", "SELECT 'a//b;'", "SELECT 2", "SELECT 3"]


def test_a_delimiter_without_a_sign_is_a_problem() -> None:
    assert split("SELECT 1;\nDELIMITER\nSELECT 2;", "mysql").problems == (
        ("DELIMITER needs a short sign after it", 2),
    )


def test_a_region_is_one_statement_whatever_it_holds() -> None:
    script = "SELECT 1;\n  -- mig:statement\n\n  a; 'b; \\x $$ c;\n-- d;\n\n-- mig:end\nSELECT 2;"
    result = split(script, "postgresql", first_line=10)
    assert [(s.text, s.line) for s in result.statements] == [
        ("SELECT 1", 10),
        ("a; 'b; \\x $$ c;\n-- d", 13),
        ("SELECT 2", 17),
    ]
    assert result.problems == ()


def test_a_region_loses_one_semicolon_and_an_empty_one_is_dropped() -> None:
    assert texts(
        "-- mig:statement\r\na; b;;\r\n-- mig:end\r\n-- mig:statement\r\n-- c\r\n-- mig:end", "sqlite"
    ) == ["a; b;"]


def test_a_region_ends_the_statement_before_it() -> None:
    assert texts("SELECT 1\n-- mig:statement\na;b\n-- mig:end", "sqlite") == ["SELECT 1", "a;b"]


def test_directives_count_only_on_lines_of_their_own() -> None:
    assert texts("SELECT 1 -- mig:statement\n; SELECT 2; -- mig:end", "sqlite") == ["SELECT 1", "SELECT 2"]
    assert texts("-- mig:statements\nSELECT 1; SELECT 2", "sqlite") == ["SELECT 1", "SELECT 2"]


@pytest.mark.parametrize(
    ("dialect", "script", "problem"),
    [
        pytest.param("sqlite", "\nSELECT 'a;\n", ("unterminated quoted string", 2), id="single quotes"),
        pytest.param("sqlite", 'SELECT 1;\n\n"a;', ("unterminated double quotes", 3), id="double quotes"),
        pytest.param("mysql", "SELECT `a;\n", ("unterminated backticks", 1), id="backticks"),
        pytest.param("sqlite", "SELECT [a;\n", ("unterminated brackets", 1), id="brackets"),
        pytest.param("mysql", "SELECT 'a\\'", ("unterminated quoted string", 1), id="escaped closing quote"),
        pytest.param("postgresql", "SELECT E'a\\'", ("unterminated quoted string", 1), id="escape string"),
        pytest.param(
            "postgresql", "SELECT E'a'\n'b\\';", ("unterminated quoted string", 1), id="continued string"
        ),
        pytest.param(
            "postgresql", "SELECT 1;\r\n$a$ $A$", ("unterminated dollar quote", 2), id="dollar quote"
        ),
        pytest.param("sqlite", "SELECT 1 /* a", ("unterminated comment", 1), id="comment"),
        pytest.param("postgresql", "\n/* a /* b */", ("unterminated comment", 2), id="nested comment"),
        pytest.param(
            "mysql", "\n/*!40101 SET a = 1;\n", ("unterminated comment", 2), id="executable comment"
        ),
        pytest.param(
            "sqlite",
            "\nCREATE TRIGGER t AFTER INSERT ON u\nBEGIN SELECT 1;\n",
            ("unterminated statement: its BEGIN has no END", 2),
            id="trigger without END",
        ),
        pytest.param(
            "mysql",
            "CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END;",
            ("unterminated statement: its BEGIN has no END", 1),
            id="IF without END IF",
        ),
        pytest.param(
            "sqlite",
            "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1;\n-- mig:statement\na\n-- mig:end",
            ("unterminated statement: its BEGIN has no END", 1),
            id="trigger cut by a directive",
        ),
        pytest.param(
            "postgresql",
            "CREATE RULE r AS ON INSERT TO t DO (SELECT 1;",
            ("unterminated statement: its parenthesis is never closed", 1),
            id="rule",
        ),
        pytest.param(
            "postgresql",
            "SELECT 1;\n\\connect x\n",
            ("\\connect is a command of psql, not SQL", 2),
            id="psql",
        ),
        pytest.param(
            "postgresql", "SELECT 1 \\gset\n", ("\\gset is a command of psql, not SQL", 1), id="psql, inline"
        ),
        pytest.param("sqlite", "SELECT 1;\nSELECT '\0'", ("NUL character", 2), id="NUL"),
        pytest.param("sqlite", "-- mig:end", ("mig:end without mig:statement before it", 1), id="end alone"),
        pytest.param(
            "sqlite", "\n-- mig:statement\na;", ("mig:statement without mig:end after it", 2), id="no end"
        ),
        pytest.param(
            "sqlite",
            "-- mig:statement\na;\n-- mig:statement\nb;\n-- mig:end",
            ("mig:statement without mig:end after it", 1),
            id="a region inside another",
        ),
        pytest.param(
            "sqlite",
            "SELECT 1 -- one\r, 2;",
            ("a lone carriage return ends no comment for sqlite", 2),
            id="code that the database takes for a comment",
        ),
        pytest.param(
            "mariadb",
            "CREATE PACKAGE a AS FUNCTION f RETURN INT; END;",
            ("the end of CREATE PACKAGE is unclear: put it between mig:statement and mig:end", 1),
            id="package",
        ),
    ],
)
def test_what_cannot_be_split_surely_is_a_problem(
    dialect: str, script: str, problem: tuple[str, int]
) -> None:
    assert split(script, dialect).problems == (problem,)


def test_rows_for_copy_are_a_problem_and_not_taken_for_sql() -> None:
    result = split("COPY t (a) FROM stdin;\nit's\t1\n\\.\n\nSELECT 1;", "postgresql")
    assert [(s.text, s.line) for s in result.statements] == [("COPY t (a) FROM stdin", 1), ("SELECT 1", 5)]
    assert result.problems == (("COPY FROM STDIN takes its rows from a client: write INSERT", 1),)


def test_rows_for_copy_without_an_end_leave_the_rest_to_be_read() -> None:
    assert [s.text for s in split("COPY t FROM STDIN; SELECT 1;", "postgresql").statements][1:] == [
        "SELECT 1"
    ]


def test_too_many_statements_are_a_problem() -> None:
    assert split("a;\n" * MAX_STATEMENTS, "sqlite").problems == ()
    result = split("a;\n" * (MAX_STATEMENTS + 1), "sqlite")
    assert len(result.statements) == MAX_STATEMENTS
    assert result.problems == ((f"more than {MAX_STATEMENTS} statements", MAX_STATEMENTS + 1),)


def test_problems_are_bounded() -> None:
    assert len(split("\\x\n" * 1000, "postgresql").problems) == MAX_PROBLEMS


@pytest.mark.parametrize("depth", [10_000])
@pytest.mark.parametrize(
    "piece", ["/*", "(", "BEGIN ", "CASE ", "IF 1 THEN ", "'", "E'", "$a$", "/*!", "[", "\\'"]
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_deep_nesting_is_read_without_recursion(dialect: str, piece: str, depth: int) -> None:
    result = split("CREATE PROCEDURE p() BEGIN " + piece * depth, dialect)
    assert len(result.statements) == 1


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        pytest.param("sqlite", "", True, id="empty"),
        pytest.param("sqlite", " \t\r\n\f\v", True, id="white space"),
        pytest.param("sqlite", "-- a\n/* b; */\n-- mig:end\n", True, id="comments"),
        pytest.param("postgresql", "/* a /* b */ c */", True, id="nested comment"),
        pytest.param("sqlite", "/* a /* b */ c */", False, id="no nesting"),
        pytest.param("mysql", "# a", True, id="hash in mysql"),
        pytest.param("postgresql", "# a", False, id="hash in postgresql"),
        pytest.param("mysql", "--a", False, id="two signs in mysql"),
        pytest.param("mysql", "/*! a */", False, id="executable comment"),
        pytest.param("sqlite", "/* a", False, id="unterminated comment"),
        pytest.param("sqlite", ";", False, id="semicolon"),
        pytest.param("sqlite", "\N{NO-BREAK SPACE}", False, id="no-break space"),
        pytest.param("sqlite", "SELECT 1", False, id="statement"),
    ],
)
def test_blank_is_white_space_and_comments_only(dialect: str, text: str, *, expected: bool) -> None:
    assert is_blank(text, dialect) is expected


FRAGMENTS = [
    *";'\"`[]()$#-*/\\\n\r\0:@.=eE1 ",
    *("$$", "$a$", "--", "-- ", "/*", "*/", "/*!", "/*M!", "''", "E'", "\r\n", "//", "::", "U&'"),
    *(
        "BEGIN",
        "END",
        "CASE",
        "IF",
        "THEN",
        "ELSE",
        "LOOP",
        "REPEAT",
        "UNTIL",
        "WHILE",
        "DO",
        "FOR",
        "HANDLER",
    ),
    *(
        "CREATE ",
        "TRIGGER",
        "PROCEDURE",
        "FUNCTION",
        "EVENT",
        "RULE",
        "PACKAGE",
        "ATOMIC",
        "NOT",
        "EACH ROW",
        "DECLARE",
    ),
    *(
        "\n-- mig:statement\n",
        "\n-- mig:end\n",
        "\nDELIMITER //\n",
        "\nDELIMITER ;\n",
        "\nDELIMITER ;;\n",
        "\n\\x\n",
    ),
    *("COPY t FROM stdin", "\n\\.\n", "SELECT 1", "a", " ", "\n"),
]
sql_like = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)
spaced = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map(" ".join)


@given(
    script=st.one_of(st.text(), sql_like, spaced),
    dialect=st.sampled_from(DIALECTS),
    first_line=st.integers(1, 9),
)
def test_any_text_gives_statements_of_that_text_with_their_lines(
    script: str, dialect: str, first_line: int
) -> None:
    result = split(script, dialect, first_line=first_line)
    lines = re.split("\r\n|\r|\n", script)
    for statement in result.statements:
        assert statement.text
        assert statement.text in script
        assert re.split("[\r\n]", statement.text)[0] in lines[statement.line - first_line]
    assert [s.line for s in result.statements] == sorted(s.line for s in result.statements)
    assert all(first_line <= line < first_line + len(lines) for _, line in result.problems)
    assert isinstance(is_blank(script, dialect), bool)


@given(script=st.one_of(st.text(), sql_like, spaced), dialect=st.sampled_from(DIALECTS))
def test_nothing_but_blanks_and_terminators_is_lost(script: str, dialect: str) -> None:
    result = split(script, dialect)
    if not result.statements and not result.problems:
        assert is_blank(re.sub(r"(?im)^[ \t]*delimiter\b.*$|;|//", " ", script), dialect)


simple = st.sampled_from(sorted({text for dialect, text in WHOLE if dialect == "sqlite"} - set(SQLITE[:4])))


@given(statements=st.lists(simple, max_size=8), dialect=st.just("sqlite"))
def test_statements_joined_by_semicolons_come_back(statements: list[str], dialect: str) -> None:
    assert texts(";\n".join(statements), dialect) == statements


@given(data=st.data(), dialect=st.sampled_from(DIALECTS))
def test_statements_of_every_dialect_come_back(data: st.DataObject, dialect: str) -> None:
    pool = [text for name, text in WHOLE if name == dialect]
    statements = data.draw(st.lists(st.sampled_from(pool), max_size=8))
    assert texts(";\n".join(statements), dialect) == statements


SQLITE_SCRIPT = """
-- Orders with a log; kept by triggers.
PRAGMA foreign_keys = ON;
CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT DEFAULT 'a;b', "end" INTEGER);
CREATE TABLE [log;] (what TEXT);
BEGIN;
CREATE TRIGGER begin AFTER INSERT ON orders
WHEN new.id > CASE WHEN 1 THEN 0 END
BEGIN
  INSERT INTO [log;] VALUES (CASE WHEN new.id > 1 THEN 'many; END;' ELSE 'one' END);
  INSERT INTO [log;] SELECT 'x' AS end; -- not the end;
  /* ; END; */
END;
CREATE /* a; */ TEMP -- b;
TRIGGER IF NOT EXISTS t2 AFTER DELETE ON orders BEGIN DELETE FROM [log;]; END;
COMMIT;
INSERT INTO orders (id) VALUES (1), (2);
"""


def test_sqlite_runs_the_statements_one_by_one_as_it_runs_the_script() -> None:
    whole, single = sqlite3.connect(":memory:"), sqlite3.connect(":memory:", isolation_level=None)
    whole.executescript(SQLITE_SCRIPT)
    for text in texts(SQLITE_SCRIPT, "sqlite"):
        assert sqlite3.complete_statement(text + ";")
        single.execute(text)
    for query in (
        "SELECT sql FROM sqlite_master",
        "SELECT sql FROM sqlite_temp_master",
        "SELECT * FROM [log;]",
    ):
        assert single.execute(query).fetchall() == whole.execute(query).fetchall() != []
    whole.close()
    single.close()


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=text[:60]) for text in SQLITE if "TRIGGER" in text.upper()]
)
def test_sqlite_itself_calls_these_triggers_complete_only_at_their_end(text: str) -> None:
    assert sqlite3.complete_statement(text + ";")
    assert not sqlite3.complete_statement(text.rpartition(";")[0] + ";")
