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
        pytest.param("mariadb://db/shop", "mariadb", id="mariadb"),
        pytest.param("mysql+pymysql://db/shop", "mysql", id="mysql"),
    ],
)
def test_the_url_chooses_the_dialect(url: str, name: str) -> None:
    assert find_dialect(url).name == name


@pytest.mark.parametrize(
    "url", ["oracle://ada:hunter2@db/shop", "mssql://ada:hunter2@db/shop", "hunter2", ""]
)
def test_a_database_that_mig_does_not_know_is_refused_without_its_password(url: str) -> None:
    known = "mig runs migrations on mariadb, mysql, postgresql, sqlite, and not on"
    with pytest.raises(RunnerError, match=known) as caught:
        find_dialect(url)
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(RunnerError, match="mig runs no migrations on oracle"):
        named_dialect("oracle")


@pytest.mark.parametrize(
    ("url", "driver", "extra"),
    [("postgresql://db/shop", "psycopg", "postgresql"), ("mariadb://db/shop", "pymysql", "mysql")],
)
def test_a_missing_driver_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, url: str, driver: str, extra: str
) -> None:
    from mig.runner.dialects import Settings

    monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(RunnerError, match="not installed") as caught:
        find_dialect(url).connect(url, Settings())
    assert f"pip install 'mig-db[{extra}]'" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("500ms", 500), ("5s", 5000), ("2min", 120_000), ("1h", 3_600_000)]
)
def test_durations(text: str, number: int) -> None:
    assert milliseconds(text) == number
