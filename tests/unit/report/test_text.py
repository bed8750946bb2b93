from __future__ import annotations

from dataclasses import replace

from mig.findings import Finding, Severity, Verdict
from mig.git.repo import Commit
from mig.model import Location
from mig.report import github
from mig.report.formats import View
from mig.report.layout import plain
from mig.report.text import render_block, render_check
from mig.usecases.check import CheckResult, Pairs


def finding(
    code: str = "MIG302",
    *,
    severity: Severity = Severity.ERROR,
    places: tuple[Location, ...] = (),
    ids: tuple[str, ...] = (),
    then: str = "",
    fix: str = "",
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        message="theirs renames users.email, which ours indexes",
        verdict=Verdict.CONFLICT,
        locations=places,
        migrations=ids,
        then=then,
        fix=fix,
    )


def result(*findings: Finding) -> CheckResult:
    return CheckResult(
        source="native",
        dialect="postgresql",
        head=Commit("worktree", "a" * 40),
        base=Commit("origin/main", "b" * 40),
        merge_base="c" * 40,
        total=3,
        ours=("1" * 12,),
        theirs=("2" * 12,),
        heads={"default": ("1" * 12,)},
        pairs=Pairs(checked=6, commute=5, conflict=1),
        findings=findings,
    )


OURS = Location(path="migrations/1.sql", line=6, side="ours", text="CREATE INDEX i ON users (email)")
THEIRS = Location(
    path="migrations/2.sql", line=5, side="theirs", text="ALTER TABLE users RENAME email TO mail"
)


def test_a_conflict_is_told_with_both_places_the_outcome_and_the_fix() -> None:
    conflict = finding(
        places=(OURS, THEIRS), ids=("1" * 12, "2" * 12), then="a database fails", fix="mig rebase --rewrite"
    )
    assert plain(render_check(result(conflict), View(branch="feature"))) == (
        "feature (worktree) against origin/main · merge base ccccccc · 1 migration of ours, 1 of theirs"
        " · 6 pairs: 5 commute, 1 conflict\n"
        "\n"
        "MIG302 error  theirs renames users.email, which ours indexes\n"
        "  ours    111111111111  migrations/1.sql:6  CREATE INDEX i ON users (email)\n"
        "  theirs  222222222222  migrations/2.sql:5  ALTER TABLE users RENAME email TO mail\n"
        "  then    a database fails\n"
        "  fix     mig rebase --rewrite\n"
        "\n"
        "1 conflict · mig explain MIG302\n"
    )


def test_where_a_row_is_too_narrow_the_path_stays_whole_below() -> None:
    long = Location(path=f"migrations/{'x' * 40}.sql", line=1, side="ours", text="What it is for.")
    shown = plain(render_block([finding(places=(long,), ids=("1" * 12,))], width=60))
    assert shown.splitlines()[1:] == [
        "  ours    111111111111  What it is for.",
        f"          migrations/{'x' * 40}.sql:1",
    ]


def test_many_places_are_cut_short_with_their_number() -> None:
    places = tuple(Location(path=f"migrations/{number}.sql") for number in range(25))
    lines = plain(render_block([finding(places=places)])).splitlines()
    assert lines[10:] == ["  at      migrations/9.sql", "          ... and 15 more (--format json lists all)"]


def test_an_id_is_shown_only_where_it_is_known_whose_the_place_is() -> None:
    lines = plain(render_block([finding(places=(OURS,), ids=("1" * 12, "2" * 12))])).splitlines()
    assert lines[1].startswith("  ours    migrations/1.sql:6")
    lines = plain(render_block([finding(places=(OURS, OURS), ids=("1" * 12,))])).splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["1" * 12] * 2


def test_a_finding_without_a_place_has_none() -> None:
    assert (
        plain(render_block([finding()])) == "MIG302 error  theirs renames users.email, which ours indexes\n"
    )


def test_warnings_below_the_threshold_are_shown_and_the_check_is_ok() -> None:
    shown = plain(render_check(result(finding(severity=Severity.WARNING)), View())).splitlines()
    assert shown[-1] == "ok: 1 warning · mig explain MIG302"
    failed = plain(render_check(result(finding(severity=Severity.WARNING)), View(fail_on=Severity.WARNING)))
    assert failed.splitlines()[-1] == "1 warning · mig explain MIG302"


def test_findings_of_different_codes_are_never_put_into_one_table() -> None:
    pairs = [finding(code, places=(OURS, THEIRS), ids=("1" * 12, "2" * 12)) for code in ("MIG301", "MIG301")]
    assert plain(render_check(result(*pairs), View())).count("MIG301 error") == 2


def test_annotations_escape_what_the_runner_would_take_as_syntax() -> None:
    place = Location(path="a,b:c%d\r\n.sql", line=3)
    odd = finding("MIG999", places=(place,), fix="100%\r\nsure: a, b")
    assert github.render_check(result(odd), View(quiet=True)).splitlines() == [
        (
            "::error file=a%2Cb%3Ac%25d%0D%0A.sql,line=3,title=MIG999::"
            "theirs renames users.email, which ours indexes%0Afix: 100%25%0D%0Asure: a, b"
        )
    ]


def test_annotations_of_pairs_are_one_for_each_of_ours() -> None:
    pairs = [
        replace(
            finding("MIG300", severity=Severity.WARNING, places=(OURS, THEIRS), ids=(one, other)),
            verdict=Verdict.UNKNOWN,
        )
        for one in ("a", "b")
        for other in ("x", "y", "z")
    ]
    lines = github.render_check(result(*pairs), View(quiet=True)).splitlines()
    assert len(lines) == 2
    assert all("; so it is with 2 other pairs of it%0A" in line for line in lines)


def test_a_note_is_an_annotation_only_when_asked_for() -> None:
    note = result(finding(severity=Severity.NOTE))
    assert github.render_check(note, View()).splitlines() == [
        "mig check: worktree against origin/main: 1 note"
    ]
    assert github.render_check(note, View(verbose=True)).startswith("::notice title=MIG302 rename-use::")
    assert github.render_check(result(), View()).splitlines() == [
        "mig check: worktree against origin/main: nothing found"
    ]
