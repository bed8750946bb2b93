from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from mig.conflicts.proved import PROVED
from tests.matrix.corpus import DATABASES, read_corpus
from tests.matrix.oracle import find_version, open_oracle
from tests.matrix.truth import read_truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.matrix.oracle import Oracle

_MARKS = {"postgresql": [pytest.mark.postgresql], "mariadb": [pytest.mark.mariadb], "sqlite": []}
_SAMPLE = int(
    os.environ.get("MIG_TEST_MATRIX_SAMPLE", "12")
)  # pairs that commute, and as many that do not; `python -m tests.matrix` asks about all


@pytest.fixture(scope="module")
def oracle(request: pytest.FixtureRequest) -> Iterator[Oracle]:
    database = request.param
    url = "" if database == "sqlite" else request.getfixturevalue(f"{database}_url")
    with open_oracle(database, url) as opened:
        yield opened


def each_oracle(databases: Iterable[str]) -> pytest.MarkDecorator:
    chosen = [pytest.param(name, marks=_MARKS[name], id=name) for name in databases]
    return pytest.mark.parametrize("oracle", chosen, indirect=True)


@pytest.mark.parametrize("database", sorted(PROVED))
def test_the_truth_is_of_this_corpus_and_covers_it(database: str) -> None:
    corpus, truth = read_corpus(database), read_truth(database)
    stale = [name for name, digest in truth.operations.items() if corpus.digest(name) != digest]
    assert (truth.base, stale) == (corpus.base_digest, [])
    assert len(truth.operations) >= 150


@each_oracle(DATABASES)
def test_every_operation_works_alone(oracle: Oracle) -> None:
    failures = {
        name: outcome.failure.message
        for name in oracle.corpus.operations
        if (outcome := oracle.run_alone("full", name)).failure
    }
    assert failures == {}


@each_oracle(sorted(PROVED))
def test_a_sample_of_pairs_still_goes_as_the_truth_says(
    oracle: Oracle, request: pytest.FixtureRequest
) -> None:
    database = oracle.corpus.database
    truth = read_truth(database)
    url = "" if database == "sqlite" else request.getfixturevalue(f"{database}_url")
    version = find_version(database, url)
    parts = 1 if database == "postgresql" else 2
    if version.split(".")[:parts] != truth.version.split(".")[:parts]:
        pytest.skip(f"the truth is of {database} {truth.version}, this is {version}")
    chance = random.Random(database)  # noqa: S311 - the same sample each time
    names = sorted(truth.operations)
    pairs = [(a, b) for at, a in enumerate(names) for b in names[at:]]
    commuting = [names for names in pairs if names not in truth.conflicts]
    sample = chance.sample(commuting, _SAMPLE) + chance.sample(sorted(truth.conflicts), _SAMPLE)
    asked = {(a, b): oracle.ask(a, b) for a, b in sample}
    assert asked == {(a, b): truth.kind(a, b) for a, b in sample}
