"""Layouts of tools that keep their migrations as Python: (path, text) pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus.columns import camel
from corpus.layouts import lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus.history import Corpus, Migration
    from corpus.layouts import Files

_ALEMBIC_ENV = lines(
    "import os",
    "import sys",
    "from alembic import context",
    "from sqlalchemy import create_engine, pool",
    "sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))",
    "from models import metadata",
    "url = context.config.get_main_option('sqlalchemy.url')",
    "url = os.environ.get('CORPUS_SQLALCHEMY_URL', url)",
    "with create_engine(url, poolclass=pool.NullPool).connect() as connection:",
    "    context.configure(connection=connection, target_metadata=metadata,",
    "                      transaction_per_migration=True)",
    "    with context.begin_transaction():",
    "        context.run_migrations()",
)
_DJANGO_MANAGE = lines(
    "import os",
    "import sys",
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')",
    "from django.core.management import execute_from_command_line",
    "execute_from_command_line(sys.argv)",
)
_DJANGO_SETTINGS = lines(
    "import os",
    "SECRET_KEY = 'corpus'",
    "INSTALLED_APPS = ['app']",
    "USE_TZ = False",
    "DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'",
    "if 'CORPUS_PG_NAME' in os.environ:",
    "    DATABASES = {'default': {",
    "        'ENGINE': 'django.db.backends.postgresql',",
    "        'NAME': os.environ['CORPUS_PG_NAME'],",
    "        'HOST': os.environ['PGHOST'],",
    "        'PORT': os.environ['PGPORT'],",
    "        'USER': os.environ['PGUSER'],",
    "    }}",
    "else:",
    "    DATABASES = {'default': {",
    "        'ENGINE': 'django.db.backends.sqlite3',",
    "        'NAME': os.environ.get('CORPUS_SQLITE', 'corpus.db'),",
    "    }}",
)


def write_alembic(corpus: Corpus) -> Files:
    yield (
        "alembic.ini",
        ("[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = sqlite:///corpus.db\n"),
    )
    yield "migrations/script.py.mako", "${upgrades}\n"
    yield "migrations/env.py", _ALEMBIC_ENV
    yield "models.py", _alembic_models(corpus)
    for migration in corpus.migrations:
        yield f"migrations/versions/{migration.stem}.py", _alembic_migration(migration)


def _alembic_models(corpus: Corpus) -> str:
    return lines(
        "import sqlalchemy as sa",
        "metadata = sa.MetaData()",
        *(
            f"sa.Table({t.name!r}, metadata, "
            + ", ".join(c.alembic() for c in t.columns.values())
            + "".join(
                f", sa.Index({i.name!r}, {', '.join(repr(c.name) for c in i.columns)})" for i in t.indexes
            )
            + ")"
            for t in corpus.tables.values()
        ),
    )


def _alembic_migration(migration: Migration) -> str:
    parents = migration.parents
    down_revision = parents[0] if len(parents) == 1 else (parents or None)
    pairs = [operation.alembic() for operation in migration.operations]
    return lines(
        f'"""{migration.slug}\n\nRevision ID: {migration.id}\nRevises: {", ".join(parents)}',
        f'Create Date: {migration.time}\n"""',
        "import sqlalchemy as sa",
        "from alembic import op",
        f"\nrevision = {migration.id!r}",
        f"down_revision = {down_revision!r}",
        "branch_labels = None",
        "depends_on = None",
        "\n\ndef upgrade():",
        *([f"    {up}" for up, _ in pairs] or ["    pass"]),
        "\n\ndef downgrade():",
        *([f"    {down}" for _, down in reversed(pairs)] or ["    pass"]),
    )


def write_django(corpus: Corpus) -> Files:
    yield "manage.py", _DJANGO_MANAGE
    yield "settings.py", _DJANGO_SETTINGS
    yield "app/__init__.py", ""
    yield "app/migrations/__init__.py", ""
    yield "app/models.py", _django_models(corpus)
    depth: dict[str, int] = {}
    names: dict[str, str] = {}
    for migration in corpus.migrations:
        depth[migration.id] = 1 + max((depth.get(p, 0) for p in migration.parents), default=0)
        names[migration.id] = f"{depth[migration.id]:04d}_{migration.slug}"
    for migration in corpus.migrations:
        yield f"app/migrations/{names[migration.id]}.py", _django_migration(migration, names)


def _django_models(corpus: Corpus) -> str:
    return lines(
        "from django.db import models",
        *(
            f"\n\nclass {camel(t.name)}(models.Model):\n"
            + "".join(f"    {c.django_name()} = {c.django()}\n" for c in t.columns.values())
            + f"\n    class Meta:\n        db_table = {t.name!r}"
            + (f"\n        indexes = [{', '.join(i.django_index() for i in t.indexes)}]" if t.indexes else "")
            for t in corpus.tables.values()
        ),
    )


def _django_migration(migration: Migration, names: Mapping[str, str]) -> str:
    dependencies = "".join(f"\n        ('app', {names.get(p, p)!r})," for p in migration.parents)
    operations = "".join(f"\n        {operation.django()}," for operation in migration.operations)
    return lines(
        "from django.db import migrations, models",
        "\n\nclass Migration(migrations.Migration):",
        "" if migration.parents else "    initial = True",
        f"    dependencies = [{dependencies}\n    ]",
        f"    operations = [{operations}\n    ]",
    )
