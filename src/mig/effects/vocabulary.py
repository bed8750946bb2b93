"""The types, functions and words that belong to the databases and not to a schema."""

from __future__ import annotations

from functools import cache


def words(text: str) -> frozenset[str]:
    """A set from its members with spaces between them."""
    return frozenset(text.split())


TYPES = words(
    """
    abstime any anyarray anycompatible anycompatiblearray anyelement anyenum anynonarray anyrange array
    bigint bigserial binary bit blob bool boolean box bpchar byte bytea bytes char character cid cidr
    circle clob cstring date datemultirange daterange datetime dec decimal double enum event_trigger fixed
    float float4 float8 inet inet4 inet6 int int1 int2 int3 int4 int4multirange int4range int8
    int8multirange int8range integer internal interval json jsonb jsonpath line long longblob longtext
    lseg macaddr macaddr8 mediumblob mediumint mediumtext middleint money name national nchar number
    numeric nummultirange numrange nvarchar oid path pg_lsn point polygon precision real record refcursor
    regclass regconfig regdictionary regnamespace regoper regoperator regproc regprocedure regrole regtype
    serial serial2 serial4 serial8 set setof signed smallint smallserial table text tid time timestamp
    timestamptz timetz tinyblob tinyint tinytext trigger tsmultirange tsquery tsrange tstzmultirange
    tstzrange tsvector txid_snapshot unknown unsigned uuid varbinary varbit varchar varying void xid xid8
    xml year
    """
)

SERIALS = words("serial serial2 serial4 serial8 bigserial smallserial")

VOLATILE = words(
    """
    changes clock_timestamp connection_id curdate current_date current_time current_timestamp currval
    curtime gen_random_uuid last_insert_id last_insert_rowid lastval localtime localtimestamp nextval now
    pg_backend_pid rand random random_normal randomblob statement_timestamp sys_guid sys_timestamp sysdate
    timeofday total_changes transaction_timestamp txid_current unix_timestamp utc_date utc_time
    utc_timestamp uuid uuid_short uuidv4 uuidv7
    """
)

FUNCTIONS = VOLATILE | words(
    """
    abs acos age all any any_value array array_agg array_append array_cat array_length array_position
    array_prepend array_remove array_replace array_to_json array_to_string ascii asin atan atan2 avg bin
    bin_to_uuid bit_and bit_count bit_length bit_or bm25 bool_and bool_or btrim cardinality cast cbrt ceil
    ceiling char char_length character_length charindex chr coalesce coercibility col_description
    collation concat concat_ws conv convert convert_from convert_to convert_tz corr cos cot count
    covar_pop covar_samp crc32 cube cume_dist current_database current_role current_schema current_schemas
    current_setting current_user database date date_add date_bin date_format date_part date_sub date_trunc
    datediff daterange datetime day dayname dayofmonth dayofweek dayofyear decode degrees dense_rank div
    elt encode enum_first enum_last enum_range every exists exp extract extractvalue field find_in_set
    first_value floor format format_type from_base64 from_days from_unixtime generate_series
    generate_subscripts get_bit get_byte get_format glob greatest group_concat grouping
    has_column_privilege has_schema_privilege has_table_privilege hex highlight host hour if ifnull iif in
    inet_aton inet_ntoa initcap insert instr int4range int8range interval is_uuid isempty isfinite isnull
    json json_agg json_array json_array_elements json_array_elements_text json_array_length json_arrayagg
    json_build_array json_build_object json_contains json_contains_path json_depth json_each
    json_each_text json_exists json_extract json_extract_path json_extract_path_text json_group_array
    json_group_object json_insert json_keys json_length json_merge json_merge_patch json_merge_preserve
    json_object json_object_agg json_object_keys json_objectagg json_overlaps json_patch
    json_populate_record json_populate_recordset json_pretty json_query json_quote json_remove
    json_replace json_search json_set json_strip_nulls json_table json_to_record json_to_recordset
    json_tree json_type json_typeof json_unquote json_valid json_value jsonb_agg jsonb_array_elements
    jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each
    jsonb_each_text jsonb_exists jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object
    jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_match jsonb_path_query
    jsonb_path_query_array jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_to_record jsonb_to_recordset
    jsonb_typeof julianday justify_days justify_hours justify_interval lag last_day last_value lcase lead
    least left length like likelihood likely linestring ln  locate log log10 log2 lower
    lower_inc lower_inf lpad ltrim make_date make_interval make_set make_time make_timestamp
    make_timestamptz masklen matchinfo max md5 microsecond mid min minute mod mode month monthname
    multirange name_const not nth_value ntile nullif num_nonnulls num_nulls numnode numrange nvl
    obj_description oct octet octet_length offsets ord overlay parse_ident percent_rank percentile_cont
    percentile_disc period_add period_diff pg_column_size pg_get_expr pg_get_indexdef
    pg_get_serial_sequence pg_get_viewdef pg_relation_size pg_size_pretty pg_table_is_visible
    pg_total_relation_size pg_typeof phraseto_tsquery pi plainto_tsquery point polygon position pow power
    printf quarter querytree quote quote_ident quote_literal quote_nullable radians range_agg range_merge
    rank regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace
    regexp_split_to_array regexp_split_to_table regexp_substr repeat replace replicate reverse right
    rollup round row row_count row_number row_to_json rpad rtrim schema sec_to_time second session_user
    set_config sets setval setweight sha sha1 sha2 sha224 sha256 sha384 sha512 sign sin snippet space
    split_part sqlite_version sqrt starts_with std stddev stddev_pop stddev_samp str_to_date strcmp
    strftime string_agg string_to_array string_to_table strip strpos subdate substr substring
    substring_index subtime sum system_user tan time time_format time_to_sec timediff timestamp
    timestampadd timestampdiff to_ascii to_base64 to_char to_date to_days to_hex to_json to_jsonb
    to_number to_seconds to_timestamp to_tsquery to_tsvector total translate trim trunc truncate
    ts_headline ts_rank ts_rank_cd tsquery tsrange tstzrange typeof ucase unhex unicode unistr unixepoch
    unlikely unnest upper upper_inc upper_inf user user_id uuid_to_bin validate_password values var_pop
    var_samp variance version websearch_to_tsquery week weekday weekofyear weight_string width_bucket
    xmlagg xmlconcat xmlelement xmlforest xmlparse xmlpi xmlroot xpath year yearweek zeroblob
    """
)

_RESERVED = words(
    """
    and as asc between both by case cast cross current_date current_role current_time current_timestamp
    current_user desc distinct else except exists false fetch for from group having in inner intersect
    into is join leading left like limit localtime localtimestamp natural not null on or order outer
    returning right select session_user set then trailing true union using values when where window with
    """
)
_RESERVED_MORE = {
    "postgresql": words(
        """
        all analyze any array asymmetric authorization binary check constraint create current_catalog
        current_schema default do end foreign freeze full grant ilike initially isnull lateral notnull
        offset only overlaps placing primary references similar some symmetric system_user tablesample to
        unique user variadic
        """
    ),
    "mysql": words(
        """
        all check column constraint default div force ignore index interval key keys lateral partition
        primary references regexp rlike straight_join to unique use utc_date utc_time utc_timestamp xor
        """
    ),
    "mariadb": words(
        """
        all check column constraint default div force ignore index interval key keys offset partition
        primary references regexp rlike straight_join to unique use utc_date utc_time utc_timestamp xor
        """
    ),
    "sqlite": words(
        """
        all check collate constraint default escape glob index isnull notnull primary references to unique
        """
    ),
}


@cache
def find_reserved(dialect: str) -> frozenset[str]:
    """Words that cannot stand for a column in a query; fewer where in doubt."""
    return _RESERVED | _RESERVED_MORE.get(dialect, frozenset())


CLAUSES = words(
    """
    as cross except fetch for from full group having inner intersect into join left limit natural offset
    on order returning right set straight_join tablesample union using values where window
    """
)
"""Words that end an item of a select list or of a FROM list."""

BODY_WORDS = words(
    """
    begin declare delete do each elseif elsif exception execute foreach if insert iterate leave loop
    perform procedure raise return returns update while
    """
)
"""Words of procedural bodies that are no columns."""

EXTENSIONS = {
    "citext": ("type:citext",),
    "cube": ("type:cube",),
    "fuzzystrmatch": (
        "function:dmetaphone",
        "function:levenshtein",
        "function:metaphone",
        "function:soundex",
    ),
    "hstore": ("type:hstore", "function:hstore"),
    "ltree": ("type:ltree", "function:nlevel", "function:subltree", "function:subpath"),
    "pg_trgm": (
        "function:show_trgm",
        "function:similarity",
        "function:word_similarity",
        "operator-class:gin_trgm_ops",
        "operator-class:gist_trgm_ops",
    ),
    "pgcrypto": (
        "function:crypt",
        "function:digest",
        "function:gen_random_bytes",
        "function:gen_salt",
        "function:hmac",
        "function:pgp_sym_decrypt",
        "function:pgp_sym_encrypt",
    ),
    "postgis": ("type:geography", "type:geometry"),
    "unaccent": ("function:unaccent",),
    '"uuid-ossp"': (
        "function:uuid_generate_v1",
        "function:uuid_generate_v1mc",
        "function:uuid_generate_v3",
        "function:uuid_generate_v4",
        "function:uuid_generate_v5",
        "function:uuid_nil",
    ),
    "vector": ("type:vector", "operator-class:vector_cosine_ops", "operator-class:vector_l2_ops"),
}
"""What the extensions in common use bring, as far as migrations name it."""

INNER_EXTENSIONS = words("btree_gin btree_gist pg_stat_statements pgstattuple plpgsql pg_cron tablefunc")
"""Extensions that bring nothing that migrations name."""

EXTENSION_FUNCTIONS = frozenset(
    name.removeprefix("function:")
    for names in EXTENSIONS.values()
    for name in names
    if name.startswith("function:")
)
