"""The query that lists everything in a PostgreSQL database: (resource, definition).

Definitions come from the server's own deparsers, access lists and options are sorted, and no attribute
number is in them, so that neither the order of objects nor that of columns counts.
"""

# ruff: noqa: S608 - names are quoted, and everything else in a query is constant
from __future__ import annotations

OURS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
_FIRST_USER_OID = 16384  # below it is what every database has


def _free(oid: str, catalogue: str) -> str:
    """An object that no extension brought."""
    return (
        f"NOT EXISTS (SELECT FROM pg_depend y WHERE y.objid = {oid} AND y.classid = '{catalogue}'::regclass"
        " AND y.deptype = 'e')"
    )


def _sorted(array: str) -> str:
    return f"(SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest({array}) x)"


def _collation(oid: str) -> str:
    return f"(SELECT l.collname FROM pg_collation l WHERE l.oid = {oid})"


_QUERIES = (
    f"""SELECT 'schema:' || n.nspname, concat_ws(' ', pg_get_userbyid(n.nspowner), {_sorted("n.nspacl")})
        FROM pg_namespace n WHERE {OURS} AND {_free("n.oid", "pg_namespace")}""",
    f"""SELECT CASE c.relkind WHEN 'v' THEN 'view:' WHEN 'm' THEN 'materialized view:' WHEN 'S' THEN
        'sequence:'
               WHEN 'c' THEN 'composite type:' WHEN 'f' THEN 'foreign table:' ELSE 'table:' END ||
               c.oid::regclass,
               concat_ws(' ', c.relkind, c.relpersistence, pg_get_userbyid(c.relowner), {_sorted("c.relacl")},
               {_sorted("c.reloptions")}, c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
               pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid), c.relispopulated,
               (SELECT t.spcname FROM pg_tablespace t WHERE t.oid = c.reltablespace), nullif(c.reloftype,
               0)::regtype,
               (SELECT m.amname FROM pg_am m WHERE m.oid = c.relam),
               CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'c', 'f') AND {_free("c.oid", "pg_class")}""",
    # Some builds stamp every column with when it was made, which is no part of the schema.
    f"""SELECT 'column:' || c.oid::regclass || '.' || a.attname,
               concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
               a.attgenerated,
               a.attstorage, a.attcompression, a.attstattarget, {_sorted("a.attacl")}, a.attislocal,
               a.attinhcount,
               (SELECT string_agg(x, ',' ORDER BY x) FROM unnest(a.attoptions) x WHERE x NOT LIKE
               'pg\\_attver=%'),
               {_collation("a.attcollation")}, pg_get_expr(d.adbin, d.adrelid))
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid =
        c.relnamespace
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE {OURS} AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'c', 'f')
              AND {_free("c.oid", "pg_class")}""",
    f"""SELECT 'constraint:' || coalesce(nullif(k.conrelid, 0)::regclass::text, k.contypid::regtype::text)
               || '.' || k.conname,
               concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated, k.conislocal, k.coninhcount)
        FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
        WHERE {OURS} AND {_free("k.conrelid", "pg_class")}""",
    f"""SELECT 'index:' || c.oid::regclass, concat_ws(' ', pg_get_indexdef(c.oid), i.indisvalid,
        i.indisclustered,
               i.indisreplident, {_sorted("c.reloptions")}, 'statistics ' || nullif((SELECT string_agg(
               a.attnum || '=' || a.attstattarget, ',' ORDER BY a.attnum) FROM pg_attribute a
               WHERE a.attrelid = c.oid AND a.attstattarget >= 0), ''))
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND {_free("i.indrelid", "pg_class")}""",
    f"""SELECT 'sequence options:' || c.oid::regclass,
               concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
               s.seqcache, s.seqcycle,
               (SELECT d.refobjid::regclass || '.' || a.attname || ' ' || d.deptype::text FROM pg_depend d
                JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')))
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS}""",
    f"""SELECT 'trigger:' || t.tgrelid::regclass || '.' || t.tgname,
               concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND NOT t.tgisinternal""",
    f"""SELECT 'rule:' || r.ev_class::regclass || '.' || r.rulename, concat_ws(' ', pg_get_ruledef(r.oid),
        r.ev_enabled)
        FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND r.rulename <> '_RETURN'""",
    f"""SELECT 'policy:' || p.polrelid::regclass || '.' || p.polname, concat_ws(' ', p.polcmd,
        p.polpermissive,
               (SELECT string_agg(x::regrole::text, ',' ORDER BY x::regrole::text) FROM unnest(p.polroles) x
               WHERE x <> 0),
               pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS}""",
    f"""SELECT 'function:' || p.oid::regprocedure, concat_ws(' ', CASE WHEN p.prokind IN ('f', 'p', 'w')
               THEN pg_get_functiondef(p.oid) ELSE (SELECT concat_ws(' ', a.aggtransfn, a.aggfinalfn,
               a.agginitval,
               a.aggtranstype::regtype) FROM pg_aggregate a WHERE a.aggfnoid = p.oid) END,
               pg_get_userbyid(p.proowner), {_sorted("p.proacl")})
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {OURS} AND
        {_free("p.oid", "pg_proc")}""",
    f"""SELECT 'type:' || t.oid::regtype, concat_ws(' ', t.typtype, pg_get_userbyid(t.typowner),
        {_sorted("t.typacl")},
               t.typnotnull, t.typdefault, nullif(t.typbasetype, 0)::regtype, t.typtypmod,
               {_collation("t.typcollation")},
               (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE
               e.enumtypid = t.oid),
               (SELECT r.rngsubtype::regtype::text FROM pg_range r WHERE r.rngtypid = t.oid))
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE {OURS} AND t.typtype IN ('e', 'd', 'r', 'm', 'b') AND t.typelem = 0 AND
        {_free("t.oid", "pg_type")}""",
    """SELECT 'extension:' || e.extname, concat_ws(' ', e.extversion, e.extnamespace::regnamespace) FROM
        pg_extension e""",
    f"""SELECT 'default privileges:' || concat_ws('.', pg_get_userbyid(d.defaclrole),
               nullif(d.defaclnamespace, 0)::regnamespace, d.defaclobjtype), {_sorted("d.defaclacl")}
        FROM pg_default_acl d""",
    f"""SELECT 'inherits:' || i.inhrelid::regclass || '.' || i.inhparent::regclass, i.inhdetachpending::text
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS}""",
    f"""SELECT 'comment:' || a.type || ' ' || a.identity, d.description
        FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) a
        WHERE d.objoid >= {_FIRST_USER_OID} OR d.objoid = (SELECT n.oid FROM pg_namespace n WHERE n.nspname
        = 'public')""",
    f"""SELECT 'statistics:' || n.nspname || '.' || x.stxname,
               concat_ws(' ', pg_get_statisticsobjdef(x.oid), x.stxstattarget)
        FROM pg_statistic_ext x JOIN pg_namespace n ON n.oid = x.stxnamespace WHERE {OURS}""",
    """SELECT 'default:' || coalesce(s.setrole::regrole::text, ''),
              (SELECT string_agg(x, ',' ORDER BY x) FROM unnest(s.setconfig) x)
        FROM pg_db_role_setting s
        WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())""",
    f"""SELECT 'database', {_sorted("d.datacl")} FROM pg_database d WHERE d.datname = current_database()""",
    f"""SELECT 'event trigger:' || e.evtname, concat_ws(' ', e.evtevent, e.evtfoid::regprocedure,
        e.evtenabled,
              {_sorted("e.evttags")}) FROM pg_event_trigger e""",
    """SELECT 'publication:' || p.pubname, concat_ws(' ', p.puballtables, p.pubinsert, p.pubupdate,
        p.pubdelete,
              p.pubtruncate, (SELECT string_agg(r.prrelid::regclass::text, ',' ORDER BY
              r.prrelid::regclass::text)
              FROM pg_publication_rel r WHERE r.prpubid = p.oid)) FROM pg_publication p""",
    f"""SELECT 'collation:' || n.nspname || '.' || x.collname, concat_ws(' ', x.collprovider, x.collcollate,
        x.collctype)
        FROM pg_collation x JOIN pg_namespace n ON n.oid = x.collnamespace WHERE {OURS}""",
    f"""SELECT 'operator:' || x.oid::regoperator, concat_ws(' ', x.oprcode, x.oprrest, x.oprjoin,
        nullif(x.oprcom, 0)::regoperator)
        FROM pg_operator x JOIN pg_namespace n ON n.oid = x.oprnamespace
        WHERE {OURS} AND {_free("x.oid", "pg_operator")}""",
    f"""SELECT 'cast:' || x.castsource::regtype || ' to ' || x.casttarget::regtype,
              concat_ws(' ', nullif(x.castfunc, 0)::regprocedure, x.castcontext, x.castmethod)
        FROM pg_cast x WHERE x.oid >= {_FIRST_USER_OID} AND {_free("x.oid", "pg_cast")}""",
    f"""SELECT 'server:' || s.srvname, concat_ws(' ', s.srvfdw::text, s.srvtype, s.srvversion,
        {_sorted("s.srvoptions")})
        FROM pg_foreign_server s""",
    f"""SELECT 'text search:' || x.oid::regconfig, (SELECT string_agg(m.maptokentype || '.' || m.mapseqno ||
        '='
              || m.mapdict::regdictionary, ',' ORDER BY m.maptokentype, m.mapseqno)
              FROM pg_ts_config_map m WHERE m.mapcfg = x.oid)
        FROM pg_ts_config x JOIN pg_namespace n ON n.oid = x.cfgnamespace
        WHERE {OURS} AND {_free("x.oid", "pg_ts_config")}""",
    f"""SELECT 'role:' || r.rolname, concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole,
        r.rolcreatedb, r.rolcanlogin,
              r.rolreplication, r.rolbypassrls, r.rolconnlimit, {_sorted("r.rolconfig")},
              (SELECT string_agg(m.roleid::regrole::text, ',' ORDER BY m.roleid::regrole::text)
               FROM pg_auth_members m WHERE m.member = r.oid))
        FROM pg_roles r WHERE r.oid >= {_FIRST_USER_OID}""",
)

OBJECTS = " UNION ALL ".join(f"({query})" for query in _QUERIES)

SETTINGS = """
SELECT 'setting:' || name, setting FROM pg_settings WHERE source = 'session'
UNION ALL SELECT 'setting:role', current_user || ' ' || session_user
"""

SEQUENCES = f"""
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {OURS} AND c.relkind = 'S' ORDER BY 1, 2
"""

# What can be dead: what it is known by however it is renamed, its name, and how to try it.
RELATIONS = f"""
SELECT 'view:' || c.oid, n.nspname || '.' || c.relname, n.nspname, c.relname, c.relkind,
       array(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {OURS} AND c.relkind IN ('r', 'v', 'm') AND c.relispopulated AND {_free("c.oid", "pg_class")}
ORDER BY 2
"""

# Functions that can be called with a value made for each argument; how to call them and with what.
# The server's own are left out first, since looking at the arguments of each costs a tenth of a second.
FUNCTIONS = f"""
WITH p AS MATERIALIZED (
  SELECT p.oid, n.nspname, p.proname, p.prokind, p.proargtypes FROM pg_proc p JOIN pg_namespace n ON n.oid =
        p.pronamespace
  WHERE {OURS} AND p.prokind IN ('f', 'p') AND p.provariadic = 0 AND {_free("p.oid", "pg_proc")}
        AND p.prolang IN (SELECT l.oid FROM pg_language l WHERE l.lanname IN ('sql', 'plpgsql'))
        AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
)
SELECT 'function:' || p.oid, p.nspname || '.' || p.oid::regprocedure,
       format(CASE p.prokind WHEN 'p' THEN 'CALL %I.%I(%s)' ELSE
        'SELECT * FROM %I.%I(%s)' END,
       p.nspname, p.proname, (SELECT string_agg(CASE t.typcategory WHEN 'N' THEN quote_literal('1')
       WHEN 'S' THEN quote_literal('a') WHEN 'B' THEN quote_literal('t') WHEN 'D' THEN
        quote_literal('2000-01-01')
       WHEN 'E' THEN coalesce((SELECT quote_literal(e.enumlabel) FROM pg_enum e WHERE e.enumtypid = t.oid
                               ORDER BY e.enumsortorder LIMIT 1), 'NULL')
       ELSE 'NULL' END || '::' || format_type(t.oid, NULL), ', ' ORDER BY a.at)
       FROM unnest(p.proargtypes) WITH ORDINALITY a (type, at) JOIN pg_type t ON t.oid = a.type))
FROM p WHERE NOT EXISTS (SELECT FROM unnest(p.proargtypes) a JOIN pg_type t ON t.oid = a WHERE t.typtype =
        'p')
ORDER BY 1
"""

# Triggers that are on, with their events (4 insert, 8 delete, 16 update), how to have no other trigger and
# no constraint in the way, and the columns: whether unique, and a value that no row is likely to have.
TRIGGERED = f"""
SELECT 'trigger:' || g.oid, n.nspname || '.' || c.relname || '.' || g.tgname,
       format('%I.%I', n.nspname, c.relname), g.tgtype::integer,
       CASE WHEN c.relkind IN ('r', 'p') THEN format('ALTER TABLE %1$I.%2$I DISABLE TRIGGER USER;'
            ' ALTER TABLE %1$I.%2$I ENABLE TRIGGER %3$I;', n.nspname, c.relname, g.tgname) ELSE '' END,
       coalesce((SELECT string_agg(format('ALTER TABLE %I.%I DROP CONSTRAINT %I;',
                                          n.nspname, c.relname, k.conname), ' ')
                 FROM pg_constraint k
                 WHERE k.conrelid = c.oid AND k.contype IN ('f', 'c') AND k.coninhcount = 0), ''),
       array_agg(quote_ident(a.attname) ORDER BY a.attnum),
       array_agg(CASE WHEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
                                   AND a.attnum = ANY (i.indkey))
                 THEN 'unique' ELSE '' END ORDER BY a.attnum),
       array_agg(CASE t.typcategory WHEN 'N' THEN quote_literal('119') WHEN 'S' THEN quote_literal('~')
       WHEN 'B' THEN quote_literal('t') WHEN 'D' THEN quote_literal('1901-01-01') ELSE 'NULL' END
       || '::' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
JOIN pg_type t ON t.oid = a.atttypid
WHERE {OURS} AND c.relkind IN ('r', 'p', 'v')
      AND NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgparentid = 0
GROUP BY g.oid, g.tgname, g.tgtype, c.oid, c.relname, c.relkind, n.nspname ORDER BY 2
"""
