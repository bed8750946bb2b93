"""Every code that a finding can have: its name, its meaning, an example and the way out."""

from __future__ import annotations

from dataclasses import dataclass

from mig.findings import Severity

FAMILIES = {
    "MIG0": "the file",
    "MIG1": "the graph",
    "MIG2": "history",
    "MIG3": "meaning",
    "MIG4": "the database",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One kind of finding, as ``mig explain`` and the docs show it."""

    code: str
    slug: str
    severity: Severity
    title: str
    problem: str
    example: str
    remedy: str

    @property
    def family(self) -> str:
        return FAMILIES[self.code[:4]]


_ALL: dict[str, Code] = {}


def _code(
    code: str, slug: str, severity: Severity, title: str, *, problem: str, example: str, remedy: str
) -> None:
    if code in _ALL:
        raise AssertionError(f"{code} is declared twice")
    _ALL[code] = Code(
        code=code, slug=slug, severity=severity, title=title, problem=problem, example=example, remedy=remedy
    )


def find_code(code: str) -> Code | None:
    """The entry of a code, or None."""
    return _ALL.get(code.upper())


def all_codes() -> tuple[Code, ...]:
    """The whole catalogue, by code."""
    return tuple(_ALL[code] for code in sorted(_ALL))


def severity_of(code: str) -> Severity:
    """The severity that findings of this code have unless the configuration says otherwise."""
    return _ALL[code].severity


_code(
    "MIG001",
    "not-utf8",
    Severity.ERROR,
    "the file is not text in UTF-8",
    problem="Bytes that are no UTF-8 cannot be read the same way by every tool and database.",
    example="a file saved as Latin-1: the byte 0xE9 in line 3",
    remedy="Save the file as UTF-8: iconv -f latin1 -t utf-8 FILE.",
)
_code(
    "MIG002",
    "bad-header",
    Severity.ERROR,
    "the header cannot be read",
    problem="Without an id and parents that can be read, the migration has no place in the graph.",
    example="-- mig:id 12345        (not 12 lower-case hexadecimal digits)",
    remedy="Write the header as mig new does; for Alembic, assign literals to revision and down_revision.",
)
_code(
    "MIG003",
    "bad-directive",
    Severity.ERROR,
    "a directive is unknown or has a wrong value",
    problem="A directive that is passed over silently would change what the migration does.",
    example="-- mig:no-transction   (did you mean no-transaction?)",
    remedy="Correct the directive, or make it a plain comment.",
)
_code(
    "MIG004",
    "duplicate-directive",
    Severity.ERROR,
    "a directive stands twice",
    problem="Two ids, two lists of parents or two sections of one kind: nobody can tell which one counts.",
    example="-- mig:up in line 5 and again in line 20",
    remedy="Keep one of them.",
)
_code(
    "MIG005",
    "no-up",
    Severity.ERROR,
    "there is no up section",
    problem="A migration without up does nothing and says so nowhere.",
    example="a .sql file with -- mig:id and -- mig:down only",
    remedy="Add -- mig:up (or def up(op)); only a merge migration may leave it empty.",
)
_code(
    "MIG006",
    "does-not-parse",
    Severity.ERROR,
    "the SQL or the Python does not parse",
    problem="What cannot be parsed cannot be checked, and will fail in the database. Quotes and comments are looked at "
    "in every file; parentheses, empty items of lists and misspelt commands in SQL of ours.",
    example="an open quote in line 7: INSERT INTO t VALUES ('it",
    remedy="Mend the syntax at the line named.",
)
_code(
    "MIG007",
    "not-a-file",
    Severity.ERROR,
    "the path is no regular file",
    problem="A symbolic link, a folder or a submodule stands where a migration should. Links are never followed.",
    example="migrations/20260101000000_users.sql -> ../elsewhere.sql",
    remedy="Put the file itself there.",
)
_code(
    "MIG008",
    "too-large",
    Severity.ERROR,
    "the file is larger than mig reads",
    problem="Reading is bounded (4 MiB a file), so that no pull request can make a check run for ever.",
    example="a 50 MB file of INSERTs",
    remedy="Load bulk data by other means, or split the migration.",
)
_code(
    "MIG009",
    "empty-file",
    Severity.ERROR,
    "the file is empty",
    problem="An empty file in the folder of migrations is a migration that somebody lost.",
    example="migrations/20260101000000_users.sql with 0 bytes",
    remedy="Restore it from Git, or delete it.",
)
_code(
    "MIG010",
    "byte-order-mark",
    Severity.NOTE,
    "the file begins with a byte order mark",
    problem="Some clients send the mark to the database, where it is a syntax error. mig leaves it out.",
    example="a file saved by an editor as 'UTF-8 with BOM'",
    remedy="Save the file as UTF-8 without the mark.",
)
_code(
    "MIG011",
    "windows-line-ends",
    Severity.NOTE,
    "lines end with CRLF",
    problem="Line ends count neither for the checksum nor for the reader, but they make diffs noisy.",
    example="a file committed from Windows without .gitattributes",
    remedy="Add '*.sql text eol=lf' to .gitattributes and run git add --renormalize.",
)
_code(
    "MIG012",
    "unmerged",
    Severity.ERROR,
    "the file is in the middle of a Git conflict",
    problem="The index holds several versions of the file, or its text holds conflict marks.",
    example="<<<<<<< HEAD in line 4",
    remedy="Resolve the conflict, then git add the file.",
)
_code(
    "MIG013",
    "bad-name",
    Severity.WARNING,
    "the file's name has no version",
    problem="Flyway passes over a file whose name it cannot take apart, and says nothing: it is never applied.",
    example="V7_add_email.sql, with one underscore where two must stand",
    remedy="Rename it, here to V7__add_email.sql.",
)
_code(
    "MIG014",
    "unknown-callback",
    Severity.ERROR,
    "a callback has a name that is none",
    problem="A file in callbacks that is named like no moment of a run would never be run, and nobody would notice.",
    example="migrations/callbacks/afterup.sql     (did you mean after_up?)",
    remedy="Rename it to before_up, after_up, before_down, after_down, before_each or after_each, with .sql behind it.",
)
_code(
    "MIG015",
    "unknown-variable",
    Severity.ERROR,
    "a file uses a variable that has no value",
    problem="Where variables are configured, every ${name} in SQL must be one of them; mig up refuses to run.",
    example="CREATE SCHEMA ${shema};     (did you mean schema?)",
    remedy="Correct the name, or give it a value in [tool.mig.variables] or for the database; $${name} is the text itself.",
)
_code(
    "MIG016",
    "unused-variable",
    Severity.ERROR,
    "a variable has a value, and no file uses it",
    problem="It is a name that somebody has mistyped, or what is left of one.",
    example='shema = "shop" in [tool.mig.variables], and files that say ${schema}',
    remedy="Correct the name, or take it out of the configuration.",
)
_code(
    "MIG101",
    "divergence",
    Severity.ERROR,
    "a lineage has more than one head",
    problem="Parallel branches each continued the same migration. What runs last depends on who merged when.",
    example="main and feature both add a migration whose parent is 51d0c3a9e8f2",
    remedy="Before the merge: mig rebase. After it: mig merge.",
)
_code(
    "MIG102",
    "missing-parent",
    Severity.ERROR,
    "a migration names a parent that is not there",
    problem="The graph has a hole: nobody can say what comes before this migration.",
    example="-- mig:parents 51d0c3a9e8f2, and no file has this id",
    remedy="Merge the branch that has the parent, restore its file, or correct the header.",
)
_code(
    "MIG103",
    "duplicate-id",
    Severity.ERROR,
    "two migrations have one id",
    problem="A database that has applied one of them will never apply the other.",
    example="a file that was copied and edited, header and all",
    remedy="Give the newer one an id of its own: mig new makes one.",
)
_code(
    "MIG104",
    "cycle",
    Severity.ERROR,
    "migrations come before themselves",
    problem="Following the parents leads back to the start, so there is no order to apply them in.",
    example="-- mig:parents names the file's own id",
    remedy="Correct the parents of one of them.",
)
_code(
    "MIG105",
    "second-root",
    Severity.WARNING,
    "a lineage has more than one root",
    problem="A migration without parents starts a history of its own; mostly the parents were forgotten.",
    example="-- mig:parents is missing in a migration written by hand",
    remedy="Name the parents, or make it a lineage of its own in the configuration.",
)
_code(
    "MIG106",
    "wrong-order",
    Severity.ERROR,
    "a declared order cannot hold",
    problem="A line mig:order names a migration that is not there, or one that does not come before the "
    "migration that declares it, or it puts two in an order that the graph has the other way round.",
    example="-- mig:order 77bc02d1a9e0 51d0c3a9e8f2, where 51d0c3a9e8f2 is the parent of 77bc02d1a9e0",
    remedy="Correct the line, or take it out; mig merge --order FIRST,SECOND writes one that holds.",
)
_code(
    "MIG107",
    "duplicate-version",
    Severity.ERROR,
    "two migrations have one version",
    problem="The tool refuses to start, or applies one of them and never the other.",
    example="main and feature both add V7__*.sql",
    remedy="Renumber the one that is not published: mig rebase names its files anew, above what is published.",
)
_code(
    "MIG108",
    "landed-twice",
    Severity.ERROR,
    "one migration came to both sides under different ids",
    problem="It was cherry-picked, or landed again with a new id or number. Whoever applies both does it twice: "
    "the second fails, or changes what was done already.",
    example="main has 0007_add_email, and feature 0009_add_email with the same statements",
    remedy="Delete the one that is not published, and let what comes after it name the other.",
)
_code(
    "MIG109",
    "repeatable-needs",
    Severity.ERROR,
    "repeatables cannot be put in order",
    problem="One declares that it needs another that does not exist, or several need one another in a circle; mig up "
    "refuses to run any of them.",
    example="-- mig:needs active_user     (did you mean active_users?)",
    remedy="Correct the name: the path below repeatable without .sql. In a circle, take one need out; where only the SQL "
    "of the files says so, as where two functions call one another, declare with -- mig:needs which comes first.",
)
_code(
    "MIG201",
    "published-edited",
    Severity.ERROR,
    "a published migration was edited",
    problem="Databases that have applied it keep the old result; new ones get the new one.",
    example="a column's type changed in a migration that is on main",
    remedy="Take the edit back (git checkout BASE -- FILE) and write a new migration.",
)
_code(
    "MIG202",
    "published-deleted",
    Severity.ERROR,
    "a published migration was deleted",
    problem="Databases that have applied it still have its result; new ones never get it.",
    example="git rm of a migration that is on main",
    remedy="Restore the file; undo what it does in a new migration.",
)
_code(
    "MIG203",
    "published-reparented",
    Severity.ERROR,
    "a published migration got other parents",
    problem="Its place in history changed for new databases and not for those that have applied it.",
    example="-- mig:parents edited in a migration that is on main",
    remedy="Take the edit back; put your own migration after it: mig rebase.",
)
_code(
    "MIG204",
    "inserted-beneath",
    Severity.ERROR,
    "a new migration was put beneath a published one",
    problem="Databases that have the published one never ran what is now its parent.",
    example="a published migration whose parent is now a migration of this branch",
    remedy="Restore the published one's parents and put the new migration after it: mig rebase.",
)
_code(
    "MIG205",
    "comes-too-late",
    Severity.ERROR,
    "a new migration comes below one that is published",
    problem="A database that has applied the higher version skips or refuses the lower one, by tool; a fresh one "
    "applies both.",
    example="feature adds 0007_email.sql, and main has got 0008_orders.sql meanwhile",
    remedy="Renumber it above what is published: mig rebase names its files anew, in the tool's own pattern.",
)
_code(
    "MIG300",
    "not-proved",
    Severity.WARNING,
    "it is not known whether two unordered migrations commute",
    problem="Environments can apply them in either order, and nothing shows that the schema is the same.",
    example="a DO block, or SQL that is put together while the migration runs",
    remedy="Order them (mig rebase), or say in the file what it touches: -- mig:touches, -- mig:commutes-with. "
    'The setting unknown = "block" makes this an error, "allow" a note.',
)
_code(
    "MIG301",
    "create-create",
    Severity.ERROR,
    "two unordered migrations create the same thing",
    problem="Whichever comes second fails, or finds the other's definition in place of its own.",
    example="both branches add the column users.phone",
    remedy="Where theirs is the same, drop ours; else give ours another name, and put it after theirs: mig rebase.",
)
_code(
    "MIG302",
    "rename-use",
    Severity.ERROR,
    "one unordered migration renames what the other uses",
    problem="A database that already has the rename fails at the use of the old name; a fresh one may not notice.",
    example="ours indexes users.email, theirs renames it to users.mail",
    remedy="Put ours after theirs, with the new name in it: mig rebase --rewrite.",
)
_code(
    "MIG303",
    "drop-use",
    Severity.ERROR,
    "one unordered migration drops what the other uses",
    problem="A database that already has the drop fails at the use; in the other order what uses it is dropped too.",
    example="ours adds a view on users.email, theirs drops the column",
    remedy="Agree on which of the two is wanted; put the other after it: mig rebase.",
)
_code(
    "MIG304",
    "alter-alter",
    Severity.ERROR,
    "two unordered migrations alter the same thing",
    problem="The last one wins, so the schema depends on the order in which a database met them.",
    example="both set a default for users.state, one 'new' and the other 'open'",
    remedy="Put ours after theirs, and see that the result is what both want: mig rebase.",
)
_code(
    "MIG305",
    "schema-data",
    Severity.ERROR,
    "one unordered migration changes the schema under data that the other writes or reads",
    problem="In one order the data is there when the schema changes, in the other it is not: a default, "
    "a check or a type meets other rows.",
    example="ours inserts users without a state, theirs changes the default of users.state",
    remedy="Put ours after theirs, and see that the data fits the new schema: mig rebase.",
)
_code(
    "MIG306",
    "data-data",
    Severity.ERROR,
    "two unordered migrations change data that depends on one another",
    problem="One reads or overwrites what the other writes, so the rows depend on the order.",
    example="ours updates all users, theirs inserts some",
    remedy="Put ours after theirs, and see that it does what is wanted of their rows too: mig rebase.",
)
_code(
    "MIG307",
    "all-that-is-there",
    Severity.ERROR,
    "one unordered migration acts on everything that is there, or on the whole session",
    problem="What is made before it is taken in, and what is made after it is not.",
    example="ours grants on all tables, theirs creates one",
    remedy="Put ours after theirs (mig rebase), or name the things that are meant.",
)
_code(
    "MIG308",
    "ancestor-took-it",
    Severity.ERROR,
    "a migration needs what one before it dropped or renamed, or creates what one before it created",
    problem="The order is settled, so every database fails at it; only an order without the ancestor would work. "
    "That is what is left when migrations were put after others that renamed what they use.",
    example="ours indexes users.email, and the migration before it renamed the column to users.mail",
    remedy="Where it was renamed, mig rebase --rewrite puts the new name into ours; where it was dropped, take "
    "the use out of ours, or make the thing again there; where it is there already, take the creation out.",
)
_code(
    "MIG309",
    "unsafe-where-deployed",
    Severity.ERROR,
    "what remains is not safe on an environment that was named",
    problem="mig check --deployed compared what an environment has applied with what remains there: the order that it will "
    "meet them in fails, gives another result than a fresh database, or is refused because it went against a declared order.",
    example="production has the rename of users.email, and the index on users.email remains",
    remedy="Do what the fix says before the next deploy there; mig status shows one database in full.",
)
_code(
    "MIG310",
    "replay-differs",
    Severity.ERROR,
    "two unordered migrations were run in both orders, and it matters which comes first",
    problem="On a real database one order failed, or the two orders left different schemas or rows, or something that "
    "no longer works. Reading the files had not shown it.",
    example="a DO block that adds a column to all tables, beside a migration that creates one (mig check --replay)",
    remedy="Put ours after theirs (mig rebase), and see that the result is what both want. "
    "Where the finding says that reading them had shown that they commute, report it: that is a bug in mig.",
)
_code(
    "MIG311",
    "repeatable-conflict",
    Severity.ERROR,
    "a new migration and a repeatable that databases have already do not commute",
    problem="A database that has run the repeatable meets the migration after it; a fresh one runs the repeatable last. "
    "One of them fails, or they end with different schemas. Where the repeatable changes in the same branch it runs again "
    "after the migration; then it is a warning, because its old text may still be in the migration's way.",
    example="ours drops users.email, and the view in migrations/repeatable/active_users.sql selects it",
    remedy="Change the repeatable in the same branch, and let the migration drop what the old one made first, with IF EXISTS: "
    "DROP VIEW IF EXISTS active_users. A comment is change enough where only the order was wrong. "
    "Where it does no harm, -- mig:ignore MIG311 in either file.",
)
_code(
    "MIG401",
    "checksum-differs",
    Severity.ERROR,
    "an applied migration differs from its file",
    problem="The file was edited after this database applied it, so the database is not what the files say.",
    example="mig status lists the id under changed",
    remedy="Restore the file as it was applied, and put the change into a new migration.",
)
_code(
    "MIG402",
    "applied-unknown",
    Severity.WARNING,
    "an applied migration is not in the repository",
    problem="This database has applied a migration of another branch, or one whose file was deleted.",
    example="a development database after a branch switch",
    remedy="Check out the branch that has it, or revert it with mig down (the stored down is used).",
)
_code(
    "MIG403",
    "drift",
    Severity.ERROR,
    "the schema is not what the last run left",
    problem="Somebody changed the database outside of mig, or a migration was run by hand. The next migration may fail "
    "there, and this database is no longer like the others.",
    example="an index that was made on production during an incident (mig verify)",
    remedy="Undo the change by hand; or write it as a migration, so that every database gets it, and record it here with "
    "mig stamp. mig verify --accept takes the schema as it is.",
)
_code(
    "MIG404",
    "interrupted",
    Severity.ERROR,
    "a migration was interrupted in the middle",
    problem="A statement may or may not have run. Nothing can be applied until that is settled.",
    example="the process was killed while a no-transaction migration ran",
    remedy="mig repair shows how far it came. --resume goes on, --revert undoes what ran, --mark-applied and --mark-reverted record what you did by hand.",
)
