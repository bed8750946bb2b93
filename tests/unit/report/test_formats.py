"""Every format of a check, of ordinary findings and of hostile ones, read by what reads such files."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft4Validator
from markdown_it import MarkdownIt

from mig.findings import BASELINE, IGNORED, Finding, Severity, Verdict, fingerprints
from mig.model import Location, Migration
from mig.report.formats import FORMATS, View, render
from mig.report.markdown import MARKER, code, text
from mig.report.mermaid import escape, render_flowchart
from tests.sarif import load_schema
from tests.unit.report.test_text import OURS, THEIRS, finding, result

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "`` `rm -rf` ``` | cell",
    "a|b\\|c",
    "\x1b[31mred\x1b[0m \x07",
    "two\nlines\r\nthree\u2028four",
    "::error file=x,line=1::injected%0A%25",
    "\u202egnp.exe\u2066",
    "[click](javascript:alert(1)) ![i](http://evil.example/x.png)",
    "http://evil.example www.evil.example @everyone #1",
    "]]> & &amp; <!-- --> '\"",
    "\ufffe\uffff\udcff\x00",
    '"]; click m0 href "javascript:alert(1)"',
    "*bold* _it_ ~~no~~ # head\n- item\n1. one\n> quote\n```mermaid",
)


def hostile(word: str) -> Finding:
    path = f"migrations/{word}.sql"
    return Finding(
        code="MIG302",
        severity=Severity.ERROR,
        message=word,
        locations=(
            Location(path=path, line=3, side="ours", text=word),
            Location(path=path, line=0, side="theirs", text=word),
        ),
        lineage=word,
        migrations=(word, f"{word}2"),
        resources=(word,),
        verdict=Verdict.CONFLICT,
        then=word,
        fix=f"mig rebase {word}, {word}",
    )


def drawn(word: str) -> tuple[Migration, ...]:
    return tuple(
        Migration(id=i, lineage=word, parents=("root",), path=f"{word}.sql", description=word)
        for i in (word, f"{word}2")
    )


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("name", FORMATS)
def test_no_format_lets_a_name_out_of_its_place(name: str, word: str) -> None:
    one = hostile(word)
    told = replace(
        result(one), ours=one.migrations[:1], theirs=one.migrations[1:], fresh=drawn(word), findings=(one,)
    )
    shown = render(name, told, View(branch=word))
    shown.encode("utf-8")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e\u2066\u2028]", shown)
    READERS[name](shown)


def read_json(shown: str) -> None:
    assert len(json.loads(shown)["findings"]) == 1


def read_github(shown: str) -> None:
    commands = [line for line in shown.splitlines() if line.startswith("::")]
    assert len(commands) == 1
    assert commands[0].startswith("::error file=migrations/")
    assert len(shown.splitlines()) == 2


def read_gitlab(shown: str) -> None:
    (issue,) = json.loads(shown)
    assert issue["location"]["lines"]["begin"] == 3
    assert len(issue["fingerprint"]) == 32


def read_junit(shown: str) -> None:
    (case,) = ET.fromstring(shown).iter("testcase")  # noqa: S314 - written by mig itself
    assert [child.tag for child in case] == ["failure"]
    assert not list(case[0])


def read_sarif(shown: str) -> None:
    Draft4Validator(load_schema()).validate(json.loads(shown))


def read_markdown(shown: str) -> None:
    """Nothing but mig's own marks is HTML; nothing is a link, a picture or a second level of a list."""
    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(shown)
    own = {MARKER, "<details><summary>The graph</summary>", "</details>"}
    assert {token.content.strip() for token in tokens if token.type == "html_block"} <= own
    inside = [child for token in tokens for child in token.children or []]
    assert {child.content for child in inside if child.type == "html_inline"} <= {"<br>"}
    kinds = {child.type for child in inside} | {token.type for token in tokens}
    assert not kinds & {"link_open", "image", "em_open", "s_open", "blockquote_open", "table_open"}
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h3", "h4"]
    (fence,) = [token for token in tokens if token.type == "fence"]
    assert fence.info == "mermaid"
    for line in fence.content.splitlines():
        assert re.fullmatch(
            r"flowchart TD|  (m|r)\d+(\[\"[^\"<>]*(<br/>[^\"<>]*)?\"\]|\(\[\"[^\"<>]*\"\]\)):::\w+"
            r"|  (m|r)\d+ (-->|x-\. conflict \.-x) (m|r)\d+|  (linkStyle|classDef) [\w #:,]+",
            line,
        ), line
    prose = re.sub(r"`[^`].*`", "", shown.replace(fence.content, ""))
    assert not re.search(r"https?:|www\.|@everyone", prose)


class _Tags(HTMLParser):
    """The tags of a page, and the data that its script draws."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.data = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in {"href", "src", "style"} or name[:2] == "on"]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["script"] and data.startswith("{"):
            self.data += data


def read_html(shown: str) -> None:
    """The page has its own tags only, and everything else is in its data."""
    page = _Tags()
    page.feed(shown)
    assert page.tags.count("script") == 2
    assert page.tags.count("style") == 1
    assert not set(page.tags) & {"img", "iframe", "link", "object", "table", "form"}
    assert json.loads(page.data)["pairs"]
    assert page.links == ["#search"]


READERS = {
    "json": read_json,
    "github": read_github,
    "gitlab": read_gitlab,
    "html": read_html,
    "junit": read_junit,
    "markdown": read_markdown,
    "sarif": read_sarif,
}


def conflict() -> Finding:
    ids = ("1" * 12, "2" * 12)
    return finding(places=(OURS, THEIRS), ids=ids, then="a database fails", fix="mig rebase, then push")


def test_sarif_has_both_sides_a_rule_with_help_and_what_does_not_count() -> None:
    ignored = replace(conflict(), severity=Severity.NOTE, suppressed=IGNORED)
    known = replace(conflict(), severity=Severity.NOTE, suppressed=BASELINE)
    log = json.loads(render("sarif", result(conflict(), ignored, known, finding("MIG001")), View()))
    Draft4Validator(load_schema()).validate(log)
    (run,) = log["runs"]
    first, second, third, fourth = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [r["ruleId"] for r in run["results"]]
    assert all(rule["help"]["text"] and rule["fullDescription"]["text"] for rule in rules)
    related = [one["physicalLocation"]["artifactLocation"]["uri"] for one in first["relatedLocations"]]
    assert related == [OURS.path, THEIRS.path]
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 6}
    assert [one.get("suppressions") for one in (first, second, third)] == [
        None,
        [{"kind": "inSource"}],
        [{"kind": "external"}],
    ]
    assert "locations" not in fourth
    assert run["invocations"][0]["exitCode"] == 1


def test_sarif_writes_a_path_as_a_uri_of_its_bytes() -> None:
    odd = finding(places=(Location(path="mi gr/ä\udcff#%.sql"),))
    log = json.loads(render("sarif", result(odd), View()))
    uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote_to_bytes(uri) == "mi gr/ä".encode() + b"\xff#%.sql"
    assert "#" not in uri


def test_a_fingerprint_stays_when_lines_and_words_change() -> None:
    moved = replace(conflict(), message="said otherwise", locations=(replace(OURS, line=60), THEIRS))
    assert fingerprints([conflict()]) == fingerprints([moved])
    other = replace(conflict(), migrations=("1" * 12, "3" * 12))
    assert len({*fingerprints([conflict(), conflict(), other])}) == 3
    assert fingerprints([conflict(), conflict()])[0] == fingerprints([conflict()])[0]


def test_junit_shows_a_check_that_found_nothing_as_a_case_that_passed() -> None:
    (suite,) = ET.fromstring(render("junit", result(), View()))  # noqa: S314 - written by mig itself
    assert suite.attrib["tests"] == "1"
    assert [list(case) for case in suite] == [[]]


def test_junit_fails_only_what_made_the_check_fail() -> None:
    warning = finding(severity=Severity.WARNING, places=(OURS,))
    lenient = ET.fromstring(render("junit", result(warning), View()))  # noqa: S314 - written by mig itself
    assert [child.tag for child in next(lenient.iter("testcase"))] == ["skipped", "system-out"]
    strict = ET.fromstring(render("junit", result(warning), View(fail_on=Severity.WARNING)))  # noqa: S314 - the same
    assert [child.tag for child in next(strict.iter("testcase"))] == ["failure"]


def test_markdown_tells_the_pair_the_outcome_and_the_way_out() -> None:
    shown = render("markdown", result(conflict()), View(branch="feature"))
    assert shown.startswith(f"{MARKER}\n### ❌ mig check: 1 conflict\n")
    assert "- **ours** `111111111111` `migrations/1.sql:6`<br>`CREATE INDEX i ON users (email)`" in shown
    assert "**then** a database fails" in shown
    assert "**fix** `mig rebase`, then push" in shown


def test_markdown_stays_below_what_a_comment_may_hold() -> None:
    many = [replace(conflict(), migrations=(f"{n:012}", "2" * 12)) for n in range(2000)]
    shown = render("markdown", result(*many), View())
    assert len(shown) < 65_536
    assert "more findings; `mig check` shows them all" in shown


def test_markdown_fences_code_with_more_backticks_than_it_holds() -> None:
    assert code("a `b` ``c``") == "``` a `b` ``c`` ```"
    assert code("plain") == "`plain`"
    assert text("a_b @ada") == "a\\_b \\@\u200bada"


def test_a_flowchart_draws_parents_above_children_and_joins_what_clashes() -> None:
    a, b = drawn("w")
    lines = list(
        render_flowchart((a, b), {a.id: "ours"}, known=("root",), conflicts=((a.id, b.id, "conflict"),))
    )
    assert "  r0 --> m0" in lines
    assert "  m0 x-. conflict .-x m1" in lines
    assert "  linkStyle 2 stroke:#c92a2a,color:#c92a2a" in lines
    assert escape('a"<b>') == "a#34;#60;b#62;"
