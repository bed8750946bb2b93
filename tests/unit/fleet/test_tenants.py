from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mig.errors import ConfigError, UsageError
from mig.fleet.pace import Amount, Pace, read_amount
from mig.fleet.tenants import Tenant, tenants_of_file

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "postgresql://ada:hunter2@db/one"


def read(path: Path, text: str) -> list[tuple[str, str]]:
    path.write_text(text, encoding="utf-8")
    return [(one.name, one.url) for one in tenants_of_file(path, path.name).read()]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(
            "fleet.txt", f"# ours\n\none {SECRET}\n  two\tenv:TWO  \nthree sqlite:///3.db\n", id="lines"
        ),
        pytest.param(
            "fleet.csv",
            f"region,name,url\neu,one,{SECRET}\nus,two,env:TWO\nus,three,sqlite:///3.db\n",
            id="csv",
        ),
        pytest.param(
            "fleet.toml",
            f'[tenants]\none = "{SECRET}"\ntwo = "env:TWO"\nthree = "sqlite:///3.db"\n',
            id="toml",
        ),
    ],
)
def test_a_file_names_tenants(tmp_path: Path, name: str, text: str) -> None:
    assert read(tmp_path / name, text) == [("one", SECRET), ("two", "env:TWO"), ("three", "sqlite:///3.db")]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        pytest.param("f.txt", f"one sqlite:///1.db\n{SECRET}\n", "f.txt:2: no name and URL", id="line"),
        pytest.param("f.csv", f"{SECRET},name\n", "f.csv:1: no columns name and url", id="header"),
        pytest.param("f.csv", f"name,url\none,{SECRET}\ntwo,\n", "f.csv:3: no name or no url", id="row"),
        pytest.param("f.toml", f"[tenants\n'{SECRET}'", "f.toml: Expected", id="toml"),
        pytest.param("f.toml", f'tenants = "{SECRET}"', "f.toml: no table tenants", id="table"),
        pytest.param("f.toml", "[tenants]\none = 1", "f.toml: the URL of one is no text", id="number"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_without_what_may_be_a_secret(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read(tmp_path / name, text)
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"


def test_bytes_that_are_no_text_are_an_error_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_bytes(b"one sqlite:///\xff\n")
    with pytest.raises(ConfigError, match=r"f.txt cannot be read: it is not UTF-8"):
        tenants_of_file(tmp_path / "f.txt", "f.txt").count()


def test_a_missing_file_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"f.txt: there is no such file"):
        tenants_of_file(tmp_path / "f.txt", "f.txt")


def test_a_tenant_shows_no_url() -> None:
    assert "hunter2" not in repr(Tenant(name="one", url=SECRET))


def test_amounts_are_numbers_or_shares() -> None:
    assert (read_amount("7", "--wave").ceiling(None), read_amount("10%", "--wave").ceiling(25)) == (7, 3)
    assert read_amount("10%", "--max-failures").floor(25) == 2
    for wrong in ("", "x", "-1", "5.5%", "101%"):
        with pytest.raises(UsageError, match="--wave cannot be"):
            read_amount(wrong, "--wave")
    with pytest.raises(UsageError, match="5% of what comes from standard input"):
        Amount(value=5, is_share=True).ceiling(None)


def test_canaries_go_first_and_none_of_them_may_fail() -> None:
    waves = Pace(canary=2, wave=10, max_failures=3).waves()
    assert [next(waves) for _ in range(3)] == [(2, 0), (10, 3), (10, 3)]
    assert next(Pace().waves()) == (None, 0)
