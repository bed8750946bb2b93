"""The commutation table: for each kind of resource, which two accesses commute.

``RULES`` is data, read from the top: the first rule that fits two effects on one resource, in either
order, settles them.  A pair that no rule settles is ``unknown``.

A pattern is ``ACCESS`` or ``ACCESS:aspect|aspect``; ``RENAME`` is a ``DROP`` that says where the
thing went; ``~`` at the end asks for an implicit effect.  ``*`` is any access.
"""

from __future__ import annotations

from mig.conflicts.rule import ALTERED, CREATED, DATA, DROPPED, RENAMED, SCHEMA_DATA, WIDE, Rule
from mig.conflicts.rule import commute as _commute
from mig.conflicts.rule import conflict as _conflict
from mig.conflicts.rule import unknown as _unknown

THINGS = (
    "relation table view index sequence type function schema extension event column constraint trigger policy"
    " rule role collation operator-class publication subscription statistics server aggregate operator cast"
    " language database user domain foreign-table text-search foreign-key-name"
    " state"
)

_GIVEN_NAME = "a naming convention may give this name to what has none"

_NAMES = (
    _commute("table", "DROP", "ALTER:dangling", "its key or trigger that refers to nothing goes with it"),
    *(
        _unknown("constraint index relation", access, "READ:convention", why)
        for access, why in (
            *((each, _GIVEN_NAME) for each in ("CREATE", "DROP", "RENAME")),
            ("READ:convention", "a naming convention may give both one name"),
        )
    ),
    _conflict(THINGS, "CREATE", "CREATE", CREATED, "both take the name, and the second finds it taken"),
    _commute(THINGS, "DROP:if", "DROP:if", "the second finds nothing and does nothing"),
    _conflict(THINGS, "RENAME", "RENAME", RENAMED, "the second no longer finds it under the old name"),
    _commute("relation", "DROP", "READ:absent", "what IF EXISTS looked for is gone with its table"),
    _commute("type", "RENAME", "READ", "a column keeps its type under the new name"),
    # An INSERT that leaves a column out does not name it.
    _commute("column", "RENAME", "READ:default", "what a left-out column gets follows the column"),
    _commute("column", "DROP", "READ:default", "the column goes, whatever the row had in it"),
    _commute("constraint index", "RENAME", "READ", "it works on under the new name"),
    _conflict("constraint index trigger", "DROP", "READ", SCHEMA_DATA, "the statement does less without it"),
    *(
        _commute("column", access, "ALTER:charset", "whatever its text is made of")
        for access in ("CREATE", "RENAME", "DROP")
    ),
    _commute("view table", "DROP", "ALTER:broken", "it no longer works, and goes"),
    _conflict(THINGS, "RENAME", "*", RENAMED, "the old name is gone"),
    _conflict(THINGS, "DROP", "*", DROPPED, "it is gone"),
    _conflict(THINGS, "CREATE", "*", CREATED, "it is there in one order only"),
    _commute(THINGS, "ALTER", "NEED:comment|grant", "what is said of it, and who may use it, stays"),
    _commute(THINGS, "NEED", "NEED", "both find it"),
    _commute(THINGS, "NEED", "READ", "looking at it changes nothing"),
    _commute(THINGS, "READ", "READ", "looking at it changes nothing"),
)

_COLUMNS = (
    _conflict(
        "table", "ALTER:options|charset|definition|partition", "NEED:copy", ALTERED, "the copy is made of it"
    ),
    _conflict("comment", "ALTER", "NEED:copy", ALTERED, "the copy has the comment that there is"),
    _conflict("column", "ALTER", "NEED:copy", ALTERED, "the copy is made of the column as it is then"),
    _commute("column", "ALTER:default", "ALTER:null", "a default and a NOT NULL are apart"),
    _commute("column", "ALTER:type", "ALTER:null", "a type and a NOT NULL are apart", dialects="postgresql"),
    _commute("column", "ALTER:options", "ALTER:type|null|default|identity", "storage options are apart"),
    _commute("column", "ALTER:default", "NEED", "what is built on a column does not see its default"),
    _conflict("column", "ALTER:null", "NEED:key", ALTERED, "a primary key makes its columns NOT NULL"),
    _conflict(
        "column",
        "ALTER:null",
        "NEED:foreign-key",
        ALTERED,
        "a key that sets its column to NULL needs a column that can be NULL",
        dialects="mariadb mysql",
    ),
    _commute("column", "ALTER:null|options", "NEED", "names and types stay as they are"),
    _conflict("column", "ALTER:identity", "NEED:query", SCHEMA_DATA, "the value may come from the database"),
    _commute("column", "ALTER:identity", "NEED", "names and types stay as they are"),
    _conflict("column", "ALTER", "NEED:query", SCHEMA_DATA, "the statement meets another type"),
    _conflict("column", "ALTER", "NEED", ALTERED, "what is built on the column depends on how it is defined"),
    _conflict(
        "column", "ALTER:default|identity", "READ:default", SCHEMA_DATA, "the row gets another default"
    ),
    _commute("column", "ALTER:type|null|options", "READ:default", "the default stays as it is"),
)

_OBJECTS = (
    # CREATE OR REPLACE writes the whole view anew.
    _commute("view table", "ALTER:broken", "ALTER:broken|definition", "it no longer works, or is another"),
    _conflict("view table", "ALTER:broken", "NEED", DROPPED, "the view no longer works"),
    _commute("table", "ALTER:dangling", "*", "a foreign key of the table refers to nothing"),
    _conflict(
        "table", "ALTER:owner|logged", "NEED:owned", ALTERED, "a sequence goes with the table it belongs to"
    ),
    _conflict(
        "table", "ALTER:logged", "NEED:referring", ALTERED, "a logged table cannot refer to one that is not"
    ),
    _commute(
        "table",
        "ALTER:owner|options|rls|enable|validate|comment",
        "NEED",
        "the table keeps its name and its columns",
    ),
    _conflict(
        "table", "ALTER:charset", "READ:charset", ALTERED, "the new column takes the table's character set"
    ),
    _conflict("table", "ALTER", "NEED:foreign-key", ALTERED, "a key needs both tables to be of one kind"),
    _commute(
        "table",
        "ALTER:partition",
        "NEED:view|policy|function",
        "rows come and go, its columns stay",
        dialects="postgresql",
    ),
    _conflict(
        "table", "ALTER:partition", "NEED", ALTERED, "a partition takes over and gives its table's things"
    ),
    _commute("table", "ALTER:charset|definition|logged", "NEED", "the table keeps its name and its columns"),
    _conflict("view", "ALTER:owner", "NEED:query", SCHEMA_DATA, "it is run with the rights of its owner"),
    _commute("view", "ALTER:owner|options", "NEED", "the view shows the same"),
    _conflict("view function", "ALTER", "NEED:query", SCHEMA_DATA, "the statement runs the other definition"),
    _conflict(
        "function",
        "ALTER:definition",
        "NEED:index|generated|check|key",
        ALTERED,
        "what was computed by the old definition stays",
    ),
    _commute("view function", "ALTER:definition|owner|options", "NEED", "it is found under its name"),
    _conflict("type", "ALTER:add-value", "ALTER:add-value", ALTERED, "the order of the values differs"),
    _conflict(
        "type",
        "ALTER:add-value",
        "ALTER:add-value-before",
        ALTERED,
        "one names a label that the other adds",
        details="same",
    ),
    _commute(
        "type", "ALTER:add-value", "ALTER:add-value-before", "the last place and one before another are apart"
    ),
    _conflict(
        "type", "ALTER:add-value-before", "ALTER:add-value-before", ALTERED, "both ask for a place that moves"
    ),
    _conflict(
        "type",
        "ALTER:add-value|add-value-before",
        "ALTER:rename-value",
        ALTERED,
        "a place is named by a value",
    ),
    _conflict("type", "ALTER:rename-value", "ALTER:rename-value", ALTERED, "one label becomes two"),
    _commute(
        "type", "ALTER:add-value|add-value-before|owner", "NEED", "the values that there were are still there"
    ),
    _conflict("type", "ALTER:rename-value", "READ", SCHEMA_DATA, "the statement may name the label"),
    _conflict("type", "ALTER:definition|validate|options", "READ", SCHEMA_DATA, "values are held against it"),
    _commute("type", "ALTER", "READ", "the values that there were are still there"),
    _commute("type", "ALTER:rename-value", "NEED:table", "a column of the type does not name a value"),
    _conflict("type", "ALTER:rename-value", "NEED", ALTERED, "the label may be named"),
    _commute("sequence", "ALTER", "NEED", "it is found under its name"),
    _conflict("sequence", "ALTER", "READ", SCHEMA_DATA, "it gives other numbers"),
    _conflict("sequence", "ALTER", "WRITE", SCHEMA_DATA, "it gives other numbers"),
    _commute("sequence", "NEED", "WRITE", "it is found under its name"),
    _commute("sequence", "WRITE:raise", "WRITE:raise", "the higher of the two keys counts"),
    _conflict("sequence", "WRITE", "WRITE", DATA, "who comes first gets the lower number"),
    _conflict("sequence", "WRITE", "READ", DATA, "the number depends on who comes first"),
    _commute("index constraint", "ALTER:validate|options|owner", "NEED", "it is found under its name"),
    _commute("index constraint", "ALTER:validate|options", "READ", "it holds as before"),
    _conflict("constraint index trigger", "ALTER", "READ", SCHEMA_DATA, "the statement meets another rule"),
    _commute("schema extension", "ALTER:owner", "NEED", "it is found under its name"),
    _commute("state", "ALTER", "NEED", "the model and its fields keep their names"),
)

_ALTERS = (
    _conflict("column", "ALTER:identity", "ALTER:identity", ALTERED, "it can be added and dropped once"),
    _conflict(
        "type", "ALTER:definition", "ALTER:definition", ALTERED, "the second one fails, or meets another type"
    ),
    _conflict(
        "table",
        "ALTER:partition",
        "ALTER:partition",
        ALTERED,
        "a partition can be there once",
        details="same",
    ),
    _commute(f"{THINGS} comment setting", "ALTER", "ALTER", "both set the same", details="same"),
    _commute(
        "table",
        "ALTER:owner",
        "ALTER:options|logged|rls|enable|charset|definition|partition|validate",
        "an owner is apart",
    ),
    _commute("table", "ALTER:rls", "ALTER:options|logged|enable|validate", "these are apart"),
    _commute("table", "ALTER:options", "ALTER:logged|enable|validate", "these are apart"),
    _commute("table", "ALTER:logged", "ALTER:enable|validate", "these are apart"),
    _conflict(f"{THINGS} comment", "ALTER", "ALTER", ALTERED, "the last one stays", details="different"),
    _conflict(THINGS, "ALTER", "*", ALTERED, "it is another thing after the change"),
)

_SHAPES = (
    # The order of columns alone is no difference.
    _commute("shape", "ALTER", "ALTER", "both columns come and go by themselves"),
    # SQLite looks up what a lone SELECT * means each time.
    _commute("shape", "ALTER", "NEED:star", "the view shows the columns that there are"),
    _conflict("shape", "ALTER", "NEED:query", SCHEMA_DATA, "the statement means all columns that there are"),
    _conflict("shape", "ALTER", "NEED", ALTERED, "it takes the columns that there are"),
    _commute("shape", "NEED", "NEED", "both find the same columns"),
    _commute("parts", "ALTER", "ALTER", "keys and indexes come and go by themselves"),
    _commute("parts", "NEED", "NEED", "both copy the same"),
    _conflict("parts", "ALTER:primary", "NEED:null", ALTERED, "a primary key makes its columns NOT NULL"),
    _commute("parts", "ALTER", "NEED:null", "whether the columns can be NULL stays as it is"),
    _conflict("parts", "ALTER:unchecked", "NEED:inherits", ALTERED, "a new table below takes it as checked"),
    _commute("parts", "ALTER", "NEED:inherits", "the table below takes it over in either order"),
    _conflict("parts", "ALTER", "NEED", ALTERED, "the copy is made of the keys and indexes that there are"),
    _conflict("cover", "ALTER:generate", "ALTER:generate", ALTERED, "both share the index of the first"),
    _conflict(
        "cover",
        "ALTER:generate|use",
        "ALTER:drop|drop-served|drop-unsure",
        ALTERED,
        "a foreign key or a column that counts needs the index",
    ),
    _conflict("cover", "ALTER:drop-served", "ALTER:drop-served", ALTERED, "one of two indexes has to stay"),
    _unknown("cover", "ALTER:drop-unsure", "ALTER:drop-unsure", "the history does not show who needs it"),
    _unknown("cover", "ALTER:vague", "ALTER:vague|some", "the history does not show what the index is on"),
    _conflict("cover", "ALTER:count", "ALTER:count", ALTERED, "a table has one column that counts"),
    _conflict(
        "cover",
        "ALTER:passed-on",
        "ALTER:computed",
        ALTERED,
        "what a foreign key changes cannot be computed from",
    ),
    _commute("cover", "ALTER", "ALTER", "each index is there by itself"),
    _conflict("storage", "ALTER", "READ:algorithm", ALTERED, "the table may no longer allow it"),
    _conflict(
        "storage", "ALTER:engine", "READ:key", ALTERED, "the key may be too long for the table's storage"
    ),
    _unknown("storage", "WRITE:wide", "WRITE:wide", "a row with both columns may be too long"),
    _commute("storage", "*", "*", "each fits the table"),
    _commute("names", "ALTER:freed", "ALTER:freed", "each name is free again"),
    _conflict(
        "names", "ALTER", "ALTER", CREATED, "the database numbers the names as they come", details="same"
    ),
    _commute("names", "ALTER", "ALTER", "the names begin differently", details="different"),
)

_ROWS = (
    # An INSERT writes rows as well, and whoever uses values looks at rows: their rules decide.
    _commute("values", "WRITE:insert", "*", "the new row has values of its own"),
    _commute("rows values", "READ", "READ", "reading changes nothing"),
    # Different literal keys; keys that the database makes are effects of their own.
    _commute(
        "rows", "WRITE:insert|replace", "WRITE:insert|replace", "rows with keys of their own do not meet"
    ),
    _conflict(
        "rows",
        "WRITE:insert|replace",
        "WRITE:update|delete|truncate|convert",
        DATA,
        "the new row is met, or is not",
    ),
    _commute(
        "rows",
        "WRITE:update|convert",
        "WRITE:update|delete|truncate|convert",
        "a row is changed or gone by itself",
    ),
    _commute("rows", "WRITE:delete|truncate", "WRITE:delete|truncate", "what both delete is gone"),
    # An UPDATE writes a new version of the row, at another place.
    _conflict("rows", "READ:order", "WRITE", DATA, "the rows are numbered in the order in which they lie"),
    # A row that is changed is held against every check, and against a key where its columns change.
    _conflict(
        "rows", "WRITE:insert|update", "READ:unchecked", SCHEMA_DATA, "a row that is written may break it"
    ),
    _conflict(
        "rows", "WRITE:insert", "READ:unchecked-key", SCHEMA_DATA, "a row that is written may break it"
    ),
    _commute(
        "rows", "WRITE", "READ:unchecked|unchecked-key", "it is not held against the rows that there are"
    ),
    _unknown("rows", "ALTER:owner", "READ:exists", "whether the new owner may use the schema is not known"),
    _unknown("rows", "ALTER:owner", "WRITE~", "whether the new owner may use the schema is not known"),
    _commute("rows", "ALTER:owner", "*", "its owner sees the rows as the one before"),
    _commute("rows", "WRITE:update|convert", "READ", "no row comes or goes"),
    _commute("rows", "WRITE:insert", "READ:exists", "a row that was there is still there"),
    # Each side succeeds by itself, and fewer rows break no rule.
    _commute("rows", "WRITE:delete|truncate", "READ:validate", "fewer rows break no rule"),
    _conflict("rows values", "WRITE", "READ:validate", SCHEMA_DATA, "the rows are checked before or after"),
    _conflict("rows values", "WRITE", "READ", DATA, "what is read depends on who comes first"),
    _commute("values", "WRITE:update", "WRITE:update", "both put the same there", details="same"),
    _commute("values", "WRITE:convert", "WRITE:convert", "both make the same of it", details="same"),
    _conflict("values", "WRITE", "WRITE", DATA, "the last one stays"),
    *(
        _conflict(
            "rows",
            f"ALTER:trigger-{event}|untrigger-{event}",
            f"WRITE:{writes}",
            SCHEMA_DATA,
            "the trigger fires, or is not there yet",
        )
        for event, writes in (
            ("insert", "insert"),
            ("update", "update"),
            ("delete", "delete|replace"),
            ("truncate", "truncate"),
        )
    ),
    *(
        _conflict("rows", f"ALTER:broken-{event}", f"WRITE:{writes}", DROPPED, "a trigger no longer works")
        for event, writes in (("insert", "insert"), ("update", "update"), ("delete", "delete|replace"))
    ),
    _conflict(
        "rows",
        "ALTER:broken-insert|broken-update|broken-column",
        "ALTER:admits",
        DROPPED,
        "rows that the key kept out meet a trigger that no longer works",
    ),
    # The table that has a row now can no longer be written to.
    _conflict(
        "rows",
        "ALTER:broken-update|broken-delete|broken-column",
        "WRITE:insert",
        DROPPED,
        "a trigger no longer works for the new row",
    ),
    _commute("rows", "ALTER:broken-column", "*", "the trigger fires on one column only"),
    _conflict("values", "ALTER:broken", "WRITE:update", DROPPED, "a trigger no longer works"),
    *(
        _conflict("rows", f"ALTER:broken-{event}", f"NEED:fires-{event}", DROPPED, "a new trigger fires it")
        for event in ("insert", "update", "delete")
    ),
    _conflict("values", "ALTER:broken", "NEED:fires", DROPPED, "a new trigger fires it"),
    _commute("rows values", "NEED", "*", "nothing is written yet"),
    _conflict(
        "values", "ALTER:trigger", "WRITE:update", SCHEMA_DATA, "the trigger fires, or is not there yet"
    ),
    _commute("rows values", "ALTER", "WRITE", "the trigger fires on something else"),
    _commute("rows values", "ALTER", "READ", "reading fires no trigger"),
    *(
        _conflict(
            "rows",
            f"ALTER:trigger-{event}",
            f"ALTER:trigger-{event}",
            ALTERED,
            "triggers of one event fire in the order in which they were made",
            dialects="mariadb mysql",
        )
        for event in ("insert", "update", "delete")
    ),
    _commute("rows values", "ALTER", "ALTER", "each fires by itself"),
    _conflict("key", "WRITE", "WRITE", DATA, "both may take one key", details="same"),
    _commute("key", "WRITE", "WRITE", "the keys differ", details="different"),
)

_WIDE = (
    _commute("resolvable", "ALTER", "ALTER", "what is broken stays broken"),
    _commute("resolvable", "NEED", "NEED", "both look at all views and triggers"),
    _conflict(
        "resolvable",
        "ALTER",
        "NEED",
        DROPPED,
        "SQLite resolves every view and trigger when it renames or drops, and one no longer can be",
    ),
    _commute("setting session", "WRITE", "WRITE", "both set the same", details="same"),
    _conflict("setting", "WRITE", "WRITE", WIDE, "the last one stays", details="different"),
    _commute(
        "setting session", "WRITE", "*", "whether the other side minds is decided for the whole statement"
    ),
    _conflict("variable", "WRITE", "READ", DATA, "the statement finds what the other side has put there"),
    _commute("variable", "*", "*", "each sets it before using it, or only looks at it"),
    _commute("setting", "READ", "READ", "looking at it changes nothing"),
    _commute("catalogue", "READ", "READ", "looking at it changes nothing"),
    _commute("catalogue", "*", "*", "whether the other side minds is decided for the whole statement"),
    _commute("grants", "ALTER:grant", "ALTER:grant", "each grants what it grants"),
    _commute("grants", "ALTER:revoke", "ALTER:revoke", "each revokes what it revokes"),
    _conflict("grants", "ALTER", "ALTER", ALTERED, "the last one stays"),
)

_UNSEEN = (
    _unknown("unseen", "WRITE:insert", "WRITE:insert", "the history does not show the table and its keys"),
    _unknown(
        "unseen",
        "WRITE:delete",
        "WRITE",
        "the history does not show the tables, of which one may go with the other",
        details="different",
    ),
    _unknown(
        "unseen", "DROP:whole", "DROP:part", "the history does not show what goes with the table or column"
    ),
    _unknown(
        "unseen", "DROP:whole", "NEED:rename", "the history does not show the views, of which one may break"
    ),
    _commute("unseen", "*", "*", "nothing that is implicit connects them"),
)

RULES: tuple[Rule, ...] = (*_NAMES, *_COLUMNS, *_OBJECTS, *_ALTERS, *_SHAPES, *_ROWS, *_WIDE, *_UNSEEN)
