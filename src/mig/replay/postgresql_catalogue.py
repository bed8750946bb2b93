"""The queries that replay asks a PostgreSQL database, beside those that list its schema."""

# ruff: noqa: S608 - names are quoted, and everything else in a query is constant
from __future__ import annotations

from mig.schema.postgresql import FIRST_USER_OID, OURS, free, in_order

# What belongs to the database or the server as a whole, and is no part of a schema.
AROUND = f"""
SELECT 'default privileges:' || concat_ws('.', pg_get_userbyid(d.defaclrole),
       nullif(d.defaclnamespace, 0)::regnamespace, d.defaclobjtype), {in_order("d.defaclacl")}
FROM pg_default_acl d
UNION ALL SELECT 'default:' || coalesce(s.setrole::regrole::text, ''), {in_order("s.setconfig")}
FROM pg_db_role_setting s WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL SELECT 'database', {in_order("d.datacl")} FROM pg_database d WHERE d.datname = current_database()
UNION ALL SELECT 'role:' || r.rolname, concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole,
       r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconnlimit, {in_order("r.rolconfig")},
       (SELECT string_agg(m.roleid::regrole::text, ',' ORDER BY m.roleid::regrole::text)
        FROM pg_auth_members m WHERE m.member = r.oid))
FROM pg_roles r WHERE r.oid >= {FIRST_USER_OID}
"""

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
WHERE {OURS} AND c.relkind IN ('r', 'v', 'm') AND c.relispopulated AND {free("c.oid", "pg_class")}
ORDER BY 2
"""

# Functions that can be called with a value made for each argument; how to call them and with what.
# The server's own are left out first, since looking at the arguments of each costs a tenth of a second.
FUNCTIONS = f"""
WITH p AS MATERIALIZED (
  SELECT p.oid, n.nspname, p.proname, p.prokind, p.proargtypes FROM pg_proc p JOIN pg_namespace n ON n.oid =
        p.pronamespace
  WHERE {OURS} AND p.prokind IN ('f', 'p') AND p.provariadic = 0 AND {free("p.oid", "pg_proc")}
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
