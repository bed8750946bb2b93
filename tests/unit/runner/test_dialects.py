from __future__ import annotations

import sys

import pytest

from mig.errors import RunnerError
from mig.runner.dialects import find_dialect, milliseconds, named_dialect


@pytest.mark.parametrize(
    ("url", "name"),
    [
        pytest.param("postgresql://db/shop", "postgresql", id="postgresql"),
        pytest.param("postgres://db/shop", "postgresql", id="short"),
        pytest.param("postgresql+asyncpg://db/shop", "postgresql", id="another-driver"),
        pytest.param("sqlite:///shop.db", "sqlite", id="sqlite"),
    ],
)
def test_the_url_chooses_the_dialect(url: str, name: str) -> None:
    assert find_dialect(url).name == name


@pytest.mark.parametrize(
    "url", ["oracle://ada:hunter2@db/shop", "mysql://ada:hunter2@db/shop", "hunter2", ""]
)
def test_a_database_that_mig_does_not_know_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(RunnerError, match="mig runs migrations on postgresql, sqlite, and not on") as caught:
        find_dialect(url)
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(RunnerError, match="mig runs no migrations on oracle"):
        named_dialect("oracle")


def test_a_missing_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from mig.runner.dialects import Settings

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(RunnerError, match="not installed") as caught:
        find_dialect("postgresql://db/shop").connect("postgresql://db/shop", Settings())
    assert "pip install 'mig-db[postgresql]'" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("500ms", 500), ("5s", 5000), ("2min", 120_000), ("1h", 3_600_000)]
)
def test_durations(text: str, number: int) -> None:
    assert milliseconds(text) == number
