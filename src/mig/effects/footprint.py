"""The words in which operations are compared: resources, accesses, effects.

A resource is written ``KIND:NAME``.  Names are folded as the dialect folds them (PostgreSQL: lower
case unless quoted; MariaDB, MySQL and SQLite: lower case) and carry their schema only where it is
not the default one.

==================  =======================================================================
kind                what it is
==================  =======================================================================
relation:N          the *name* N in the one name space of tables, indexes, views, sequences
                    (and types, in PostgreSQL: also ``type:N``); in MariaDB and MySQL, tables and views
table:T             a table as an object; view:V, index:I, sequence:S, type:E, function:F,
                    schema:S, extension:X, event:E likewise.  Index names of MariaDB and MySQL are
                    ``index:T.I``
column:T.C          one column of it
constraint:T.K      a named key, unique, check or foreign key; trigger:T.G, policy:T.P likewise
                    (trigger:G in SQLite, MariaDB and MySQL, where trigger names are global)
shape:T             the set of columns of a table, for what depends on all of them
names:T             the generator of names below a table (unnamed constraints and indexes)
rows:T              which rows a table has
values:T.C          what stands in a column
grants:T            who may do what with an object; comment:R is the comment on resource R
setting:NAME        a session or database setting; ``session`` is the whole session
variable:@NAME      a variable of a session of MariaDB and MySQL
state:A.M           the model M of the app A as Django's migrations keep it; ``state:A.M.F`` is a field of it
catalogue           everything there is (a DO loop over the catalogue, GRANT ON ALL TABLES)
==================  =======================================================================

More kinds, which need no rule but that of their name: ``role``, ``policy:T.P``, ``rule:T.R``,
``collation``, ``publication``, ``statistics``, ``database``, ``operator-class`` and the like.
``values:T.*`` stands for all columns of T, ``sequence:T.*`` for the sequences of its columns;
``sequence:T.auto`` is the counter of MariaDB's and MySQL's AUTO_INCREMENT.

Aspects refine an access:

- ``ALTER``: ``type``, ``null``, ``default``, ``identity``, ``options``, ``owner``, ``validate``,
  ``add-value``, ``rename-value``, ``enable``, ``definition``, ``partition``, ``rls``, ``charset``;
  of ``names:T`` ``generated``, with the name that the database would make first as detail;
  of ``grants:R`` ``grant``, ``revoke``, ``owner``; of ``catalogue`` ``grant`` (default privileges),
  ``extension``, ``charset``, ``owner``, ``definition``
- ``NEED``: what needs it: ``index``, ``view``, ``foreign-key``, ``check``, ``key`` (primary or unique),
  ``trigger``, ``function``, ``policy``, ``generated``, ``default``, ``table`` (a thing below it is made
  or changed), ``query`` (a statement that runs now), ``sequence``, ``grant``, ``comment``
- ``READ`` of rows and values: ``exists`` (a foreign key looks one row up), ``query``, ``validate``;
  of sequences ``query`` (currval); of ``catalogue`` ``query`` and ``grant`` (what there is now; the
  constraints and indexes of one table where ``OF_TABLE`` and its name are the detail); of
  ``constraint``, ``index`` and ``relation`` ``convention`` (a naming convention may give this name)
- ``WRITE`` of rows and values: ``insert``, ``update``, ``delete``, ``truncate``, ``convert`` (a column gets
  another type, on which nothing fires); of sequences ``advance``
  (nextval) and ``set`` (setval, RESTART); of settings and of ``session`` ``set``
- ``CREATE`` and ``DROP``: ``if`` where IF [NOT] EXISTS or OR REPLACE makes the second one a no-op

What the readers of SQL put into ``detail`` besides definitions (which are the tokens in lower case with
one space between them, shortened to a digest where long; equal for equal definitions):

- ``candidate`` on a NEED or READ: a name in a query that can belong to several tables, or that may be no
  column at all (an alias, a variable, a field of a row); it counts where the table has such a column
- NEED of ``table:T`` for a ``foreign-key``: ``(a, b)``, the columns that must have a key, or ``primary key``
- NEED of ``shape:T`` for a ``table``: ``like``, ``inherits`` or ``partition``
- NEED of ``function:F`` for a ``query``: ``called``; what it does is in its definition, if anywhere
- WRITE of ``values:T.C`` for ``insert``: the literals of the rows, one a line; ``expression`` or
  ``volatile`` for a row where the value is none; of ``values:T.*``: whole rows, with tabs between values.
  Empty: not known.
- WRITE of ``values:T.C`` for ``convert``: the new type, and how values become of it
- WRITE of ``values:T.C`` for ``update``: the expression, and ``(volatile)`` after it where it is
- WRITE of ``rows:T`` for ``insert``: what becomes of a row that is there already: ``ignore``, ``replace``,
  ``upsert``, or empty; for ``delete`` the condition; for ``truncate`` ``cascade`` and ``restart identity``
- DROP: ``cascade``.  ``function:F``: the types of its arguments in parentheses come first
- ALTER of ``shape:T``: ``add C``, ``drop C``, ``rename C to D``, ``type C``

In a query every table is needed as ``relation:T`` and as ``table:T``, because it can be a view.
``column:new.C`` and ``column:old.C`` in the body of a PostgreSQL function are columns of the tables whose
triggers run it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

BATCH = "batch"
"""The kind of operations by which Alembic puts a copy, with all that it sees, in a table's place."""
BATCH_FROM = f"{BATCH} from what it says"
"""The same where the migration says, besides, what the copy is made of."""
OF_TABLE = "of table "
"""Begins the detail of a look at what one table has."""


class Access(Enum):
    """What an effect does with its resource."""

    # Each is there once; an Enum's own hash is that of its name, found in Python each time.
    __hash__ = object.__hash__

    CREATE = "create"
    DROP = "drop"
    ALTER = "alter"
    NEED = "need"
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One access to one resource.

    ``detail`` tells effects of the same kind apart: the normalised definition of what is created,
    the new value of what is altered, literals of inserted rows.  ``renamed_to`` (with ``DROP``) and
    ``renamed_from`` (with ``CREATE``) are the other resource, whole, and keep a thing's identity.
    ``implicit`` says why the database does it although the statement does not (``index on a dropped
    column``).  ``spared`` are the columns, with a space between, that an effect on all of a table's
    (``values:T.*``) does not reach.
    """

    resource: str
    access: Access
    aspect: str = ""
    detail: str = ""
    renamed_to: str = ""
    renamed_from: str = ""
    implicit: str = ""
    spared: str = ""
    kind: str = field(init=False, repr=False, compare=False)
    name: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Both are asked for far more often than effects are made.
        kind, _, name = self.resource.partition(":")
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "name", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One schema or data change as read from a statement or a call.

    ``kind`` is a few words for people (``add column``).  ``opaque`` says what could not be read; an
    opaque operation may do anything besides its effects.  ``column`` counts characters from 1.
    ``is_conditional`` says that it may not run, or may fail without harm: it stands in a branch, a loop
    or a ``try``.
    """

    kind: str
    text: str
    line: int
    effects: tuple[Effect, ...] = ()
    opaque: str = ""
    column: int = 1
    is_conditional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """The operations of one migration, in order."""

    operations: tuple[Operation, ...] = ()

    @property
    def is_opaque(self) -> bool:
        return any(operation.opaque for operation in self.operations)


def unread_file(why: str) -> Operation:
    """The operation that stands for a file of which nothing could be read."""
    return Operation(kind="unreadable", text="", line=1, opaque=why)
