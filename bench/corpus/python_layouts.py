"""Layouts of tools that keep their migrations as Python: (path, text) pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus.columns import camel
from corpus.layouts import lines

if TYPE_CHECKING:
    from corpus.history import Corpus
    from corpus.layouts import Files


def write_alembic(corpus: Corpus) -> Files:
    yield (
        "alembic.ini",
        ("[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = sqlite:///corpus.db\n"),
    )
    yield "migrations/script.py.mako", "${upgrades}\n"
    yield (
        "migrations/env.py",
        lines(
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
        ),
    )
    yield (
        "models.py",
        lines(
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
        ),
    )
    for m in corpus.migrations:
        down = m.parents[0] if len(m.parents) == 1 else (m.parents or None)
        pairs = [operation.alembic() for operation in m.operations]
        yield (
            f"migrations/versions/{m.stem}.py",
            lines(
                f'"""{m.slug}\n\nRevision ID: {m.id}\nRevises: {", ".join(m.parents)}',
                f'Create Date: {m.time}\n"""',
                "import sqlalchemy as sa",
                "from alembic import op",
                f"\nrevision = {m.id!r}",
                f"down_revision = {down!r}",
                "branch_labels = None",
                "depends_on = None",
                "\n\ndef upgrade():",
                *([f"    {up}" for up, _ in pairs] or ["    pass"]),
                "\n\ndef downgrade():",
                *([f"    {down}" for _, down in reversed(pairs)] or ["    pass"]),
            ),
        )


def write_django(corpus: Corpus) -> Files:
    yield (
        "manage.py",
        lines(
            "import os",
            "import sys",
            "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')",
            "from django.core.management import execute_from_command_line",
            "execute_from_command_line(sys.argv)",
        ),
    )
    yield (
        "settings.py",
        lines(
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
        ),
    )
    yield "app/__init__.py", ""
    yield "app/migrations/__init__.py", ""
    yield (
        "app/models.py",
        lines(
            "from django.db import models",
            *(
                f"\n\nclass {camel(t.name)}(models.Model):\n"
                + "".join(f"    {c.django_name()} = {c.django()}\n" for c in t.columns.values())
                + f"\n    class Meta:\n        db_table = {t.name!r}"
                + (
                    f"\n        indexes = [{', '.join(i.django_index() for i in t.indexes)}]"
                    if t.indexes
                    else ""
                )
                for t in corpus.tables.values()
            ),
        ),
    )
    names: dict[str, str] = {}
    depth: dict[str, int] = {}
    for m in corpus.migrations:
        depth[m.id] = 1 + max((depth.get(p, 0) for p in m.parents), default=0)
        names[m.id] = f"{depth[m.id]:04d}_{m.slug}"
    for m in corpus.migrations:
        dependencies = "".join(f"\n        ('app', {names.get(p, p)!r})," for p in m.parents)
        operations = "".join(f"\n        {operation.django()}," for operation in m.operations)
        yield (
            f"app/migrations/{names[m.id]}.py",
            lines(
                "from django.db import migrations, models",
                "\n\nclass Migration(migrations.Migration):",
                "" if m.parents else "    initial = True",
                f"    dependencies = [{dependencies}\n    ]",
                f"    operations = [{operations}\n    ]",
            ),
        )
