"""Layouts of tools that keep their migrations as SQL, Ruby or XML: (path, text) pairs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from corpus.columns import camel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus.history import Corpus, Migration

    Files = Iterator[tuple[str, str]]

AUTHOR = "Corpus Generator <corpus@example.com>"


def lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part) + "\n"


def up_or_nothing(migration: Migration) -> list[str]:
    """Tools without merges still want a statement in every file."""
    return migration.up() or ["SELECT 1;"]


def write_mig(corpus: Corpus) -> Files:
    for m in corpus.migrations:
        yield mig_path(m), mig_text(m)


def mig_path(m: Migration) -> str:
    return f"migrations/{m.stamp}_{m.slug}.sql"


def mig_text(m: Migration) -> str:
    return lines(
        f"-- mig:id {m.id}",
        f"-- mig:parents {', '.join(m.parents)}" if m.parents else "",
        f"-- {m.slug.replace('_', ' ').capitalize()}.",
        "\n-- mig:up",
        *m.up(),
        "\n-- mig:down",
        *m.down(),
    )


def write_sqitch(corpus: Corpus) -> Files:
    yield (
        "sqitch.conf",
        "[core]\n\tengine = sqlite\n[user]\n\tname = Corpus Generator\n\temail = corpus@example.com\n",
    )
    plan = ["%syntax-version=1.0.0", "%project=corpus", ""]
    for m in corpus.migrations:
        needs = " ".join(parent.slug for parent in corpus.parents(m))
        needs = f" [{needs}]" if needs else ""
        plan.append(f"{m.slug}{needs} {m.time:%Y-%m-%dT%H:%M:%SZ} {AUTHOR} # {m.slug}")
        # The first line also keeps two scripts from being equal, which Sqitch refuses.
        yield (
            f"deploy/{m.slug}.sql",
            lines(f"-- Deploy corpus:{m.slug}", "BEGIN;", *m.up(), "COMMIT;"),
        )
        yield (
            f"revert/{m.slug}.sql",
            lines(f"-- Revert corpus:{m.slug}", "BEGIN;", *m.down(), "COMMIT;"),
        )
    yield "sqitch.plan", "\n".join(plan) + "\n"


def write_yoyo(corpus: Corpus) -> Files:
    for m in corpus.migrations:
        depends = " ".join(parent.stem for parent in corpus.parents(m))
        yield (
            f"migrations/{m.stem}.sql",
            lines(f"-- depends: {depends}".rstrip(), *up_or_nothing(m)),
        )
        yield f"migrations/{m.stem}.rollback.sql", lines(*(m.down() or ["SELECT 1;"]))


def write_dbmate(corpus: Corpus) -> Files:
    for m in corpus.migrations:
        yield (
            f"db/migrations/{m.stamp}_{m.slug}.sql",
            lines("-- migrate:up", *up_or_nothing(m), "\n-- migrate:down", *m.down()),
        )


def write_flyway(corpus: Corpus) -> Files:
    for m in corpus.migrations:
        yield f"sql/V{m.stamp}__{m.slug}.sql", lines(*up_or_nothing(m))


def write_goose(corpus: Corpus) -> Files:
    for m in corpus.migrations:
        yield (
            f"migrations/{m.stamp}_{m.slug}.sql",
            lines("-- +goose Up", *up_or_nothing(m), "-- +goose Down", *m.down()),
        )


def write_liquibase(corpus: Corpus) -> Files:
    included = []
    for m in corpus.migrations:
        path = f"sql/{m.stamp}_{m.slug}.sql"
        included.append(f'  <include file="{path}"/>')
        yield (
            path,
            lines(
                "--liquibase formatted sql",
                f"--changeset corpus:{m.id}",
                *up_or_nothing(m),
                *(f"--rollback {statement}" for statement in m.down()),
            ),
        )
    yield (
        "changelog.xml",
        lines(
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog"',
            '    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
            '    xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog'
            ' http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd">',
            *included,
            "</databaseChangeLog>",
        ),
    )


def write_rails(corpus: Corpus) -> Files:
    for m in corpus.migrations:
        yield (
            f"db/migrate/{m.stamp}_{m.slug}.rb",
            lines(
                f"class {camel(m.slug)} < ActiveRecord::Migration[6.1]",
                "  def up",
                *(f"    execute {json.dumps(statement)}" for statement in m.up()),
                "  end\n\n  def down",
                *(f"    execute {json.dumps(statement)}" for statement in m.down()),
                "  end",
                "end",
            ),
        )
