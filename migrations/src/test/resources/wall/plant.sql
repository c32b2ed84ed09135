-- What somebody who may make temporary objects would lay in the way of functions that run with their owner's rights:
-- a type, a table, a function and an operator of every name that they could mean. Whatever is used counts in "sprung".
CREATE TEMP SEQUENCE sprung;
GRANT USAGE ON SEQUENCE pg_temp.sprung TO PUBLIC;

CREATE FUNCTION pg_temp.trap() RETURNS pg_catalog.bool LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_catalog.nextval('pg_temp.sprung');
  RETURN true;
END
$$;

CREATE FUNCTION pg_temp.plant(statement pg_catalog.text) RETURNS pg_catalog.int4 LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN 1;
EXCEPTION
  -- One that is there already, or that cannot be made at all.
  WHEN OTHERS THEN
    RETURN 0;
END
$$;

-- All names are asked for before anything is laid out, since the questions themselves would meet it.
CREATE FUNCTION pg_temp.plant_all() RETURNS pg_catalog.int8 LANGUAGE plpgsql AS $plant$
DECLARE
  statements pg_catalog.text[];
  planted    pg_catalog.int8 := 0;
BEGIN
  SELECT pg_catalog.array_agg(s.statement ORDER BY s.turn) INTO statements
  FROM (
    -- Functions of the same signature, those of ours and those of PostgreSQL's that ours mention.
    SELECT 1 AS turn,
           pg_catalog.format('CREATE FUNCTION pg_temp.%I(%s) RETURNS %s LANGUAGE plpgsql AS
                              ''BEGIN PERFORM pg_temp.trap(); RETURN NULL; END''',
                             p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid),
                             pg_catalog.format_type(p.prorettype, NULL)) AS statement
    FROM pg_catalog.pg_proc p
    WHERE p.prokind = 'f' AND NOT p.proretset
      AND (p.pronamespace = 'holdfast'::pg_catalog.regnamespace
           OR p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
              AND EXISTS (SELECT FROM pg_catalog.pg_proc o
                          WHERE o.pronamespace = 'holdfast'::pg_catalog.regnamespace
                            AND pg_catalog.strpos(o.prosrc, p.proname || '(') > 0))
    UNION ALL
    SELECT 2, pg_catalog.format('CREATE FUNCTION pg_temp.operate(%1$s, %2$s) RETURNS %3$s LANGUAGE plpgsql AS
                                 ''BEGIN PERFORM pg_temp.trap(); RETURN NULL; END''',
                                pg_catalog.format_type(o.oprleft, NULL), pg_catalog.format_type(o.oprright, NULL),
                                pg_catalog.format_type((pg_catalog.array_agg(o.oprresult))[1], NULL))
    FROM pg_catalog.pg_operator o
    WHERE o.oprleft <> 0 AND o.oprright <> 0
    GROUP BY o.oprleft, o.oprright
    UNION ALL
    SELECT 3, pg_catalog.format('CREATE OPERATOR pg_temp.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = pg_temp.operate)',
                                o.oprname, pg_catalog.format_type(o.oprleft, NULL),
                                pg_catalog.format_type(o.oprright, NULL))
    FROM pg_catalog.pg_operator o
    WHERE o.oprleft <> 0 AND o.oprright <> 0
      AND o.oprname IN ('=', '<>', '<', '>', '<=', '>=', '~', '!~', '~~', '!~~', '~*', '||', '->', '->>', '#>>', '+', '-', '?')
    UNION ALL
    SELECT 4, pg_catalog.format('CREATE VIEW pg_temp.%I AS SELECT pg_temp.trap() AS trapped', c.relname)
    FROM pg_catalog.pg_class c
    WHERE c.relkind IN ('r', 'v', 'm', 'p')
      AND c.relnamespace IN ('pg_catalog'::pg_catalog.regnamespace, 'public'::pg_catalog.regnamespace,
                             'holdfast'::pg_catalog.regnamespace, 'information_schema'::pg_catalog.regnamespace)
    UNION ALL
    SELECT 5, pg_catalog.format('CREATE DOMAIN pg_temp.%I AS pg_catalog.%I CHECK (pg_temp.trap())', t.typname, t.typname)
    FROM pg_catalog.pg_type t
    WHERE t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND t.typtype IN ('b', 'r', 'm')
    UNION ALL
    SELECT 6, pg_catalog.format('CREATE TYPE pg_temp.%I AS (trapped pg_catalog.bool)', t.typname)
    FROM pg_catalog.pg_type t
    WHERE t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND t.typtype = 'p'
  ) s;
  FOR i IN 1 .. pg_catalog.cardinality(statements) LOOP
    planted := planted + pg_temp.plant(statements[i]);
  END LOOP;
  RETURN planted;
END
$plant$;

SELECT pg_temp.plant_all();
