from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.functional.shop import (
    INDEX_EMAIL,
    OURS,
    RENAME_EMAIL,
    ROOT,
    THEIRS,
    USERS,
    add_chain,
    make_opaque,
    make_shop,
)
from tests.repositories import GitSandbox, native
from tests.terminal import run_in_terminal

if TYPE_CHECKING:
    from pathlib import Path

DIVERGED = f"""\
feature/receipts (worktree) against main · merge base MERGE_BASE · \
1 migration of ours, 1 of theirs · 1 pair: 1 conflict

MIG302 error  MESSAGE
  ours    {OURS}  {INDEX_EMAIL}:6  CREATE INDEX ix_users_email ON users (email)
  theirs  {THEIRS}  {RENAME_EMAIL}:7  ALTER TABLE users RENAME COLUMN email TO mail
  then    WITNESS
  fix     mig rebase --rewrite, which puts ours after theirs, with users.mail in it

MIG101 error  2 heads: {THEIRS} (main), {OURS} (ours)
  ours    {OURS}  {INDEX_EMAIL}:1  Index the address.
  theirs  {THEIRS}  {RENAME_EMAIL}:1  Call it mail.
  fix     mig rebase, or after the merge mig merge

1 conflict, 1 divergence · mig explain MIG302
"""


@pytest.fixture
def shop(tmp_path: Path) -> GitSandbox:
    return make_shop(tmp_path / "shop")


def merge_base(shop: GitSandbox) -> str:
    return shop.git("merge-base", "main", "HEAD")


def test_the_report_names_both_sides_the_places_and_the_way_out(shop: GitSandbox) -> None:
    result = shop.mig("check", expect=1)
    conflict = json.loads(shop.mig("check", "--format", "json", expect=1).stdout)["findings"][0]
    said = {
        "MERGE_BASE": merge_base(shop)[:7],
        "MESSAGE": conflict["message"],
        "WITNESS": conflict["then"],
    }
    assert result.stdout == re.sub("|".join(said), lambda found: said[found[0]], DIVERGED)
    assert result.stderr == f"next: {conflict['fix']}; mig explain MIG302 says more\n"
    for word in ("ours", "indexes", "users.email", "theirs", "renames", "users.mail"):
        assert word in conflict["message"]
    for word in (OURS, THEIRS, "users.email"):
        assert word in conflict["then"]


def test_a_green_check_says_so_in_one_line(shop: GitSandbox) -> None:
    shop.git("reset", "--quiet", "--hard", "main~1")
    result = shop.mig("check")
    assert (
        result.stdout == "ok: feature/receipts (worktree) against main · 0 migrations of ours, 1 of theirs\n"
    )
    assert not result.stderr


def test_a_quiet_green_check_says_nothing(shop: GitSandbox) -> None:
    result = shop.mig("check", "-q", "--base", "HEAD")
    assert (result.stdout, result.stderr) == ("", "")


def test_a_quiet_check_prints_only_what_made_it_fail(shop: GitSandbox) -> None:
    make_opaque(shop)
    result = shop.mig("-q", "check", expect=1)
    assert re.findall("^MIG.*", result.stdout, re.MULTILINE) == [
        f"MIG101 error  2 heads: {THEIRS} (main), {OURS} (ours)"
    ]
    assert "MIG300" not in result.stdout
    assert "against" not in result.stdout


def test_without_a_base_everything_counts_as_ours(tmp_path: Path) -> None:
    shop = GitSandbox(tmp_path / "shop")
    shop.git("checkout", "--quiet", "-b", "sketch")
    shop.commit("start", {USERS: native(ROOT, (), "CREATE TABLE users (id int);")})
    expected = "ok: sketch (worktree) · no base branch: everything counts as ours, 1 migration\n"
    assert shop.mig("check").stdout == expected


def test_what_is_staged_and_what_is_on_a_branch_are_named(shop: GitSandbox) -> None:
    staged = shop.mig("check", "--staged", expect=1).stdout
    assert staged.startswith("feature/receipts (staged) against main · ")
    other = shop.mig("check", "--head", "main", "--base", "feature/receipts", expect=1).stdout
    assert other.startswith("main against feature/receipts · ")


def test_notes_are_counted_and_shown_only_when_asked_for(shop: GitSandbox) -> None:
    shop.git("reset", "--quiet", "--hard", "main")
    text = native(OURS, THEIRS, "SELECT 1;", "SELECT 1;").replace("\n", "\r\n")
    shop.write(INDEX_EMAIL, text)
    short = shop.mig("check").stdout
    assert short.startswith("ok: ")
    assert short.endswith(" · 1 note (-v shows them)\n")
    assert short.count("\n") == 1
    long = shop.mig("check", "-v").stdout
    assert f"\nMIG011 note  lines end with CRLF\n  at      {OURS}  {INDEX_EMAIL}:1\n" in long
    assert long.endswith("\nok: 1 note · mig explain MIG011\n")


def test_warnings_do_not_fail_unless_asked_to(shop: GitSandbox) -> None:
    second = native("0" * 12, (), "SELECT 1;", "SELECT 1;")
    shop.git("reset", "--quiet", "--hard", "main")
    shop.commit("config", {"mig.toml": "base = 'main'\n", INDEX_EMAIL: native(OURS, THEIRS, "SELECT 1;")})
    shop.commit("root", {"migrations/20270101000000_root.sql": second})
    relaxed = shop.mig("check", expect=1)
    assert "MIG105 warning" in relaxed.stdout


def _rows(ours: str, text: str, others: list[tuple[str, str]]) -> list[str]:
    """Rows of the table in which one migration of ours stands once."""
    left = [f"  {ours}  {text}", *[" " * len(f"  {ours}  {text}")] * (len(others) - 1)]
    return [f"{begin}  {other}  {about}" for begin, (other, about) in zip(left, others, strict=True)]


def test_many_pairs_stand_in_one_table(shop: GitSandbox) -> None:
    opaque = "DO $$ BEGIN EXECUTE 'x'; END $$"
    make_opaque(shop)
    ids = add_chain(shop, 1, (OURS,), 5, f"{opaque};")
    shop.checkout("main")
    rename = "ALTER TABLE users RENAME COLUMN email TO mail"
    ups = [(one, f"CREATE TABLE t{int(one, 16)} (id int)") for one in add_chain(shop, 100, (THEIRS,), 8)]
    shop.checkout("feature/receipts")
    result = shop.mig("check", expect=1)
    table = result.stdout[result.stdout.index("MIG300") :].splitlines()
    assert result.stdout.count("MIG300") == 1
    assert table == [
        "MIG300 warning  54 pairs are not ordered, and not proved to commute",
        f"  {'ours':<{14 + len(opaque)}}  theirs",
        *_rows(OURS, opaque, sorted([(THEIRS, rename), *ups])),
        f"  {ids[0]}  {opaque}  {ups[0][0]}  {ups[0][1]}",
        "  ... and 44 more (--format json lists all)",
        "  why     what ours does cannot be told: block with dynamic SQL",
        "  fix     mig rebase",
        "",
        "1 error, 54 warnings · mig explain MIG101",
    ]
    listed = json.loads(shop.mig("check", "--format", "json", expect=1).stdout)
    assert len([finding for finding in listed["findings"] if finding["code"] == "MIG300"]) == 54


def test_json_has_the_shape_of_the_contract(shop: GitSandbox) -> None:
    result = shop.mig("check", "--format", "json", expect=1)
    value = json.loads(result.stdout)
    assert result.stdout.isascii()
    second, first = value.pop("findings")
    assert value == {
        "version": 1,
        "ok": False,
        "source": "native",
        "dialect": "postgresql",
        "base": {"ref": "main", "commit": shop.git("rev-parse", "main")},
        "head": {"ref": "worktree", "commit": shop.head},
        "merge_base": merge_base(shop),
        "migrations": {"total": 3, "ours": [OURS], "theirs": [THEIRS]},
        "heads": {"default": [THEIRS, OURS]},
        "pairs": {"checked": 1, "commute": 0, "conflict": 1, "unknown": 0, "assumed": 0, "replayed": 0},
        "deployed": [],
    }
    assert first == {
        "code": "MIG101",
        "severity": "error",
        "message": f"2 heads: {THEIRS} (main), {OURS} (ours)",
        "verdict": None,
        "lineage": "default",
        "migrations": [OURS, THEIRS],
        "resources": [],
        "locations": [
            {"path": INDEX_EMAIL, "line": 1, "side": "ours", "text": "Index the address."},
            {"path": RENAME_EMAIL, "line": 1, "side": "theirs", "text": "Call it mail."},
        ],
        "then": "",
        "fix": "mig rebase, or after the merge mig merge",
        "replayed": None,
        "suppressed": "",
    }
    assert list(second) == list(first)
    assert (second["code"], second["severity"], second["verdict"]) == ("MIG302", "error", "conflict")
    assert "column:users.email" in second["resources"]
    assert second["locations"][0] == {
        "path": INDEX_EMAIL,
        "line": 6,
        "side": "ours",
        "text": "CREATE INDEX ix_users_email ON users (email)",
    }


def test_ok_in_json_agrees_with_the_exit_status(shop: GitSandbox) -> None:
    shop.git("reset", "--quiet", "--hard", "main")
    shop.commit(
        "root", {"migrations/20270101000000_root.sql": native("0" * 12, (), "SELECT 1;", "SELECT 1;")}
    )
    for threshold in ("error", "warning"):
        result = shop.mig("check", "--fail-on", threshold, "--format", "json", expect=None)
        assert json.loads(result.stdout)["ok"] is (result.returncode == 0)


def test_annotations_stand_at_the_file_and_carry_the_fix(shop: GitSandbox) -> None:
    lines = shop.mig("check", "--format", "github", expect=1).stdout.splitlines()
    conflict = json.loads(shop.mig("check", "--format", "json", expect=1).stdout)["findings"][0]
    places = f"%0Aours: {INDEX_EMAIL}:1 Index the address.%0Atheirs: {RENAME_EMAIL}:1 Call it mail."
    statements = (
        f"%0Aours: {INDEX_EMAIL}:6 CREATE INDEX ix_users_email ON users (email)"
        f"%0Atheirs: {RENAME_EMAIL}:7 ALTER TABLE users RENAME COLUMN email TO mail"
    )
    diverged = f"2 heads: {THEIRS} (main), {OURS} (ours)"
    where = f"file={INDEX_EMAIL},line="
    fix = "%0Afix: mig rebase"
    outcome = f"{statements}%0Athen: {conflict['then']}%0Afix: {conflict['fix']}"
    assert lines == [
        f"::error {where}6,title=MIG302 rename-use::{conflict['message']}{outcome}",
        f"::error {where}1,title=MIG101 divergence::{diverged}{places}{fix}, or after the merge mig merge",
        "mig check: feature/receipts (worktree) against main: 1 conflict, 1 divergence",
    ]


def test_annotations_of_pairs_that_nothing_is_known_of_stand_together(shop: GitSandbox) -> None:
    make_opaque(shop)
    shop.checkout("main")
    add_chain(shop, 100, (THEIRS,), 3)
    shop.checkout("feature/receipts")
    lines = shop.mig("check", "--format", "github", expect=1).stdout.splitlines()
    [unknown] = [line for line in lines if line.startswith("::warning ")]
    assert "title=MIG300 not-proved::" in unknown
    assert "; so it is with 3 other pairs of it%0A" in unknown
    assert lines[-1] == "mig check: feature/receipts (worktree) against main: 1 error, 4 warnings"


HOSTILE = "\x1b[31mred\x1b]0;title\x07 [bold]x[/bold] \u202etxt ::error::x %0A 100%"


@pytest.mark.parametrize("format_", ["rich", "text", "json", "github"])
def test_text_of_the_repository_cannot_command_the_terminal(shop: GitSandbox, format_: str) -> None:
    name = "migrations/20261122000000_a\x1b[2J\n::error::b,c%.sql"
    shop.commit("hostile", {name: native("0" * 12, ROOT, "SELECT 1;", description=HOSTILE)})
    result = shop.mig("check", "-v", "--format", format_, expect=1)
    printed = re.sub(r"\x1b\[[\d;]*m", "", result.stdout) if format_ == "rich" else result.stdout
    assert all(c.isprintable() or c == "\n" for c in printed + result.stderr)
    assert "[31m" not in re.sub(r"\\(x|u00)1b\[31m", "", printed)
    assert not re.search("^::error::", printed, re.MULTILINE)
    if format_ == "github":
        assert "a\\x1b[2J%0A%3A%3Aerror%3A%3Ab%2Cc%25.sql,line=" in printed
        assert "%250A 100%25" in printed
    elif format_ == "json":
        assert name in [place["path"] for f in json.loads(printed)["findings"] for place in f["locations"]]
    else:
        assert "\\x1b[31mred\\x1b]0;title\\x07 [bold]x[/bold] \\u202etxt ::error::x %0A 100%" in printed


@pytest.mark.skipif(sys.platform == "darwin", reason="file names are UTF-8 there")
def test_a_name_that_is_not_utf8_is_shown_and_valid_json(shop: GitSandbox) -> None:
    path = os.fsencode(shop.path) + b"/migrations/20261122000000_\xff.sql"
    with open(path, "wb") as file:
        file.write(native("0" * 12, ROOT, "SELECT 1;").encode())
    assert "20261122000000_\\xff.sql" in shop.mig("check", expect=1).stdout
    assert "20261122000000_\\\\xff.sql" in shop.mig("check", "--format", "json", expect=1).stdout


def test_an_output_that_is_not_unicode_gets_escapes(shop: GitSandbox) -> None:
    shop.commit("name", {"migrations/20261122000000_größe.sql": native("0" * 12, ROOT, "SELECT 1;")})
    result = shop.mig("check", expect=1, env={"PYTHONIOENCODING": "ascii"})
    assert "gr\\xf6\\xdfe.sql" in result.stdout
    assert " - merge base" in result.stdout


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_terminal_gets_colours_and_whole_ids_and_paths(shop: GitSandbox, width: int) -> None:
    shown = run_in_terminal(shop, "check", width=width)
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert "\x1b[1;31mMIG101 error" in shown
    report, _, _ = plain.rpartition("next: ")
    assert max(map(len, report.splitlines())) <= width
    for whole in (OURS, THEIRS, INDEX_EMAIL, RENAME_EMAIL, "mig explain MIG302"):
        assert whole in plain


@pytest.mark.parametrize(
    ("options", "env"),
    [
        pytest.param(["--no-color"], {}, id="option"),
        pytest.param([], {"NO_COLOR": "1"}, id="NO_COLOR"),
        pytest.param([], {"TERM": "dumb"}, id="dumb"),
        pytest.param(["--format", "text"], {}, id="text"),
    ],
)
def test_a_terminal_gets_no_colours_where_none_are_wanted(
    shop: GitSandbox, options: list[str], env: dict[str, str]
) -> None:
    assert "\x1b" not in run_in_terminal(shop, "check", *options, env=env)


def test_rich_in_a_pipe_has_colours_and_breaks_nothing(shop: GitSandbox) -> None:
    coloured = shop.mig("check", "--format", "rich", expect=1, env={"COLUMNS": "40"}).stdout
    assert "\x1b[1;31mMIG101 error" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == shop.mig("check", expect=1).stdout


def test_several_lineages_are_told_apart(tmp_path: Path) -> None:
    shop = GitSandbox(tmp_path / "shop")
    config = "".join(f'[[lineage]]\nname = "{name}"\npath = "{name}"\n' for name in ("billing", "users"))
    shop.commit("start", {"mig.toml": config, "users/1.sql": native(ROOT, (), "SELECT 1;")})
    files = {
        f"billing/{n}.sql": native(f"{n:012x}", "0" * 11 + "1" if n > 1 else (), "SELECT 1;")
        for n in (1, 2, 3)
    }
    shop.commit("billing", files)
    shown = shop.mig("check", expect=None).stdout
    assert f" billing: 2 heads: {2:012x} (main), {3:012x} (main)\n" in shown
