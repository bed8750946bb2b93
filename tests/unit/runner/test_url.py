from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mig.runner.url import safe_url, scrub, secrets_of


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        pytest.param("postgresql://ada@db/shop", "postgresql://ada@db/shop", id="no-password"),
        pytest.param(
            "postgresql://ada:hunter2@db:5432/shop", "postgresql://ada:***@db:5432/shop", id="password"
        ),
        pytest.param("postgresql://ada:hun@ter2@db/shop", "postgresql://ada:***@db/shop", id="unquoted-at"),
        pytest.param(
            "postgresql://ada:hun/ter2@db/shop", "postgresql://ada:***@db/shop", id="unquoted-slash"
        ),
        pytest.param("postgresql://ada:hunter?2@db/shop", "postgresql://***", id="unquoted-question-mark"),
        pytest.param(
            "postgresql://db/shop?user=ada&password=hunter2&sslmode=require",
            "postgresql://db/shop?user=ada&password=***&sslmode=require",
            id="password-as-parameter",
        ),
        pytest.param(
            "postgresql://db/shop?sslpassword=hunter2", "postgresql://db/shop?sslpassword=***", id="key"
        ),
        pytest.param("sqlite:////data/a:b@c.db", "sqlite:////data/a:b@c.db", id="file"),
        pytest.param("host=db password=hunter2", "(not a database URL)", id="not-a-url"),
    ],
)
def test_safe_url_shows_everything_but_the_secret(url: str, shown: str) -> None:
    assert safe_url(url) == shown


@given(
    st.text(st.characters(codec="utf-8"), min_size=8, max_size=30).filter(lambda text: text.strip() == text)
)
def test_no_password_of_any_kind_is_shown(password: str) -> None:
    marked = f"q7{password}7q"
    for url in (
        f"postgresql://ada:{marked}@db/shop",
        f"postgresql://db/shop?password={marked}",
        f"postgresql://ada:{marked}@db/shop?password={marked}",
    ):
        assert marked not in safe_url(url)
        assert marked not in scrub(f'could not connect with "{marked}"', secrets_of(url))


def test_scrub_hides_the_decoded_form_too() -> None:
    secrets = secrets_of("postgresql://ada:hunter%402@db/shop")
    assert scrub("hunter%402 and hunter@2", secrets) == "*** and ***"


def test_scrub_hides_pieces_that_a_driver_takes_for_something_else() -> None:
    secrets = secrets_of("postgresql://ada:hunter/two@db/shop")
    assert scrub('invalid port "hunter"', secrets) == 'invalid port "***"'
