"""The page of ``mig graph --format html`` in a real browser, used with the mouse and the keyboard."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mig.findings import Verdict
from mig.model import Location, Migration
from mig.report.graph import Choice
from mig.report.graph_html import render_html
from mig.usecases.picture import Picture, PictureLineage, PictureNode, PicturePair
from tests.browser import open_browser
from tests.functional.checks import A, B, C, file_of
from tests.repositories import GitSandbox, native
from tests.unit.report.test_formats import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver.chrome.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    with open_browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


class Page:
    """One page in the browser."""

    def __init__(self, driver: WebDriver, file: Path) -> None:
        self.driver = driver
        driver.get_log("browser")  # type: ignore[no-untyped-call]  # what an earlier page said
        driver.get(file.as_uri())
        assert driver.execute_script("return document.documentElement.dataset.ready") == "yes"

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def item(self, words: str) -> WebElement:
        [found] = [one for one in self.all("#graph .item") if words in str(one.get_attribute("aria-label"))]
        return found

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    @property
    def focused(self) -> str:
        element = self.driver.switch_to.active_element
        return str(element.get_attribute("aria-label") or element.text)

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]


@pytest.fixture
def shop(tmp_path: Path) -> GitSandbox:
    """A long history, a feature that indexes a column, and a base that renames it."""
    repo = GitSandbox(tmp_path / "shop")
    ids = [f"{number:012x}" for number in range(1, 31)]
    files = {
        f"migrations/{n:03}_table_{n}.sql": native(
            i, ids[n - 1 : n], f"CREATE TABLE t{n} (id int);", f"DROP TABLE t{n};", description=f"Table {n}"
        )
        for n, i in enumerate(ids)
    }
    users = native(A, ids[-1:], "CREATE TABLE users (id int, email text);", "DROP TABLE users;")
    repo.commit("start", {**files, file_of(A): users, "mig.toml": 'base = "main"\npath = "migrations"\n'})
    repo.git("branch", "-M", "main")
    repo.branch("feature")
    up = "CREATE TABLE log (id int);\nCREATE INDEX ix\n  ON users (email);"
    repo.commit("ours", {file_of(B): native(B, A, up, "DROP INDEX ix;", description="Find users faster")})
    repo.checkout("main")
    rename = "ALTER TABLE users RENAME COLUMN email TO mail;"
    repo.commit("theirs", {file_of(C): native(C, A, rename, None, header="-- mig:irreversible")})
    repo.checkout("feature")
    return repo


@pytest.fixture
def page(shop: GitSandbox, tmp_path: Path, chromium: WebDriver) -> Iterator[Page]:
    file = tmp_path / "graph.html"
    shop.mig("graph", "--format", "html", "--output", str(file))
    opened = Page(chromium, file)
    yield opened
    assert opened.complaints() == []


def marked(figure: WebElement) -> list[str]:
    """The lines of a text that are marked as clashing."""
    return [line.text.strip() for line in figure.find_elements(By.CSS_SELECTOR, ".hit mark")]


def test_the_page_shows_what_is_new_what_clashes_and_a_folded_past(page: Page) -> None:
    assert page.one("h1").text == "feature (worktree) against main"
    assert page.one("#counts").text == "33 migrations · 1 of ours, 1 of theirs · 1 conflict"
    labels = [str(one.get_attribute("aria-label")) for one in page.all("#graph .item")]
    assert f"{B}, ours, head, Find users faster, conflict with {C}" in labels
    assert "30 migrations, folded" in labels
    assert len(labels) == 4
    assert "ours" in page.one("#legend").text
    assert len(page.all("#graph .pair.conflict")) == 1


def test_a_click_on_a_pair_shows_both_texts_with_the_lines_that_clash_and_the_way_out(page: Page) -> None:
    page.one("#graph .pair circle").click()
    panel = page.one("#panel")
    assert page.one("#about").text == "ours indexes users.email, which theirs renames to users.mail"
    assert "conflict: the two orders do not end alike" in panel.text
    assert f"a database that already has {C} fails at {B}" in panel.text
    ours, theirs = page.all("#panel figure")
    assert marked(ours) == ["CREATE INDEX ix", "ON users (email);"]
    assert marked(theirs) == ["ALTER TABLE users RENAME COLUMN email TO mail;"]
    assert page.one("#panel .command code").text == "mig rebase --rewrite"
    page.one("#panel .copy").click()
    assert page.one("#panel .copy").text in {"Copied", "Press Ctrl+C"}
    assert page.one(".cards button").get_attribute("aria-current") == "true"


def test_a_click_on_a_migration_shows_its_text_and_its_facts(page: Page) -> None:
    page.item("Find users faster").click()
    assert page.one("#about").text == "Find users faster"
    assert file_of(B) in page.one("#panel dl").text
    assert "CREATE TABLE log (id int);" in page.one("#panel .text").text
    page.one("#panel dl button").click()  # the parent
    assert page.one("#panel code").text == A


def test_all_of_it_can_be_done_with_the_keyboard(page: Page) -> None:
    page.one("body").click()
    page.press("/")
    assert page.focused.startswith("Search")
    page.press("faster", Keys.ENTER)
    assert page.one("#found").text == "1 of 1"
    for _ in range(6):
        page.press(Keys.TAB)
        if page.focused.startswith(B):
            break
    assert page.focused.startswith(B)
    page.press(Keys.ARROW_RIGHT)
    assert page.focused.startswith(C)
    page.press(Keys.ARROW_DOWN)
    assert page.focused.startswith(A)
    page.press(Keys.ENTER)
    assert page.one("#panel").is_displayed()
    page.press(Keys.ESCAPE)
    assert not page.one("#panel").is_displayed()
    assert page.focused.startswith(A)
    page.press(Keys.ARROW_UP)
    assert page.focused[:12] in {B, C}
    page.press(Keys.TAB)
    assert page.focused.startswith("conflict MIG302")
    page.press(Keys.ENTER)
    assert page.one("#panel .command code").text == "mig rebase --rewrite"


def test_a_search_finds_what_is_folded_and_unfolds_it(page: Page) -> None:
    page.one("#search").send_keys("table_17")
    assert page.one("#found").text == "1 found"
    page.one("#search").send_keys(Keys.ENTER)
    assert "match" in str(page.item("Table 17").get_attribute("class"))
    assert len(page.all("#graph .item")) > 4
    page.one("#fold").click()
    assert len(page.all("#graph .item")) == 4


def test_a_folded_stretch_opens_with_a_click_and_its_place_stays(page: Page) -> None:
    page.item("folded").find_element(By.CSS_SELECTOR, ".box").click()
    assert page.focused.startswith(f"{30:012x}")
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert page.focused.startswith(f"{28:012x}")


def test_wheel_and_buttons_move_and_zoom(page: Page) -> None:
    def place() -> str:
        return str(page.one("#world").get_attribute("transform"))

    before = place()
    page.one("#in").click()
    page.driver.execute_script("return new Promise((done) => requestAnimationFrame(done))")
    assert place() != before
    page.one("#fit").click()
    assert place() == before
    ActionChains(page.driver).drag_and_drop_by_offset(page.one("#graph"), 300, 0).perform()
    page.driver.execute_script("return new Promise((done) => requestAnimationFrame(done))")
    assert place() != before
    assert not page.one("#panel").is_displayed()


def test_the_table_says_the_same_in_words(page: Page) -> None:
    page.one("#as-table").click()
    rows = page.all("#table tbody tr")
    assert len(rows) == 33
    [ours] = [row.text for row in rows if "Find users faster" in row.text]
    assert "ours" in ours
    assert f"{C} (conflict)" in ours
    page.one("#search").send_keys("faster")
    assert len(page.all("#table tbody tr")) == 1
    page.one("#table tbody button").click()
    assert page.one("#about").text == "Find users faster"
    page.press(Keys.ESCAPE)
    assert page.focused == B


def test_the_policy_stops_any_other_script_style_and_request(page: Page) -> None:
    policy = page.one("meta[http-equiv]").get_attribute("content")
    assert str(policy).startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in str(policy)
    stopped = page.driver.execute_async_script("""
        const done = arguments[0], found = [];
        document.addEventListener("securitypolicyviolation", (event) => found.push(event.effectiveDirective));
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        const style = document.createElement("style");
        style.textContent = "body { display: none }";
        document.body.append(style);
        const image = document.createElement("img");
        image.src = "http://127.0.0.1:9/x.png";
        fetch("http://127.0.0.1:9/").catch(() => {});
        setTimeout(() => done([found.sort(), window.ran === true]), 200);
    """)
    assert stopped == [["connect-src", "img-src", "script-src-elem", "style-src-elem"], False]
    assert all("Content Security Policy" in said for said in page.complaints())


def hostile_picture() -> Picture:
    """Every hostile word as id, description, path, message and SQL."""
    nodes = [
        PictureNode(
            migration=Migration(
                id=f"{word}{number}",
                lineage="default",
                parents=(),
                path=f"{word}.sql",
                description=word,
                labels=(word,),
            ),
            parents=(f"{HOSTILE[number - 1]}{number - 1}",) if number else (),
            side=("ours", "theirs")[number % 2],
            text=f"{word}\nSELECT 1;",
        )
        for number, word in enumerate(HOSTILE)
    ]
    place = Location(path="x", line=1)
    pairs = [
        PicturePair(
            ids=(one.id, other.id),
            verdict=Verdict.CONFLICT,
            code="MIG302",
            message=word,
            witness=word,
            fix=f"mig rebase {word}, {word}",
            places=(place, place),
            lines=((1,), (1,)),
        )
        for word, one, other in zip(HOSTILE, nodes, nodes[1:], strict=False)
    ]
    lineage = PictureLineage(name=HOSTILE[0], nodes=tuple(nodes), pairs=tuple(pairs))
    return Picture(
        head=HOSTILE[1], base=HOSTILE[0], lineages=(lineage, replace(lineage, name="b")), is_checked=True
    )


def test_hostile_names_and_texts_stay_text(tmp_path: Path, chromium: WebDriver) -> None:
    file = tmp_path / "hostile.html"
    written = render_html(hostile_picture(), Choice())
    file.write_text(written, encoding="utf-8")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e\u2066\u2028]", written)
    page = Page(chromium, file)
    assert page.one("h1").text.startswith("</script><img src=x onerror=alert(1)> against <script>")
    # Two times the words, with a node and, but for the last, a pair each.
    assert len(page.all(".cards button")) == 2 * (len(HOSTILE) - 1)
    for card in page.all(".cards button"):
        page.driver.execute_script("arguments[0].click()", card)
        assert len(page.all("#panel figure")) == 2
    page.one("#panel .close").click()
    page.driver.execute_script("document.getElementById('as-table').click()")
    assert len(page.all("#table tbody tr")) == 2 * len(HOSTILE)
    own = {"body", "script", "style", "header", "main", "svg", "noscript"}
    assert (
        page.all("img, iframe, a:not(.skip), object, form, body > *:not(header, main, noscript, script)")
        == []
    )
    assert len(page.all("script")) == 2
    assert own
    assert page.complaints() == []


def test_ten_thousand_migrations_drawn_one_by_one_are_there_at_once(
    tmp_path: Path, chromium: WebDriver
) -> None:
    nodes = tuple(
        PictureNode(
            migration=Migration(id=f"{n:012x}", lineage="default", parents=(), path=f"migrations/{n}.sql"),
            parents=(f"{n - 1:012x}",) if n else (),
            is_head=n == 9_999,
        )
        for n in range(10_000)
    )
    picture = Picture(head="main", lineages=(PictureLineage(name="default", nodes=nodes),))
    file = tmp_path / "long.html"
    file.write_text(render_html(picture, Choice(everything=True)), encoding="utf-8")
    page = Page(chromium, file)
    assert 3 < len(page.all("#graph .item")) < 200
    page.one("#search").send_keys("migrations/1234.sql", Keys.ENTER)
    assert page.item(f"{1234:012x}").is_displayed()
    assert len(page.all("#graph .item")) < 200
    assert page.complaints() == []
