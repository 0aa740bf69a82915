-- The words of an event, for the index that a slice gets when it is sealed: every run of letters and digits, in small
-- letters, and every camelCase part of one. What separates runs are the SEPARATOR_RANGES of
-- logviewer/query/language/words.py, written out, so that no locale changes it; only ASCII is made small, and searches
-- know that. Where the body changed, indexes made before would be wrong: a change is a new function and a new index.
CREATE FUNCTION log_words(event text, logger text, service text, request_id text, cohort_id text, data jsonb)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
DECLARE
    separators CONSTANT text := '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9'
        '\u00bb-\u00bf\u00d7\u00f7\u0589-\u058a\u05be\u060c-\u060d\u061b-\u061f\u066a-\u066d\u06d4\u0964-\u0965'
        '\u1680\u2000-\u206f\u2080-\u208e\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030'
        '\ue000-\uf8ff\ufe10-\ufe1f\ufe30-\ufe6f\ufeff-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffff'
        '\U0001f000-\U0001faff\U000f0000-\U0010ffff]+';
    inner_capital CONSTANT text := '(?:[a-z0-9][A-Z]|[A-Z][A-Z][a-z])';
    with_inner_capital CONSTANT text := '[0-9A-Za-z]*' || inner_capital || '[0-9A-Za-z]*';
    texts text COLLATE "C" := jsonb_path_query_array(data, 'strict $.** ? (@.type() == "string")')::text;
    parts text COLLATE "C";
    sign text;
    words text[];
BEGIN
    IF position('\' IN texts) > 0 THEN
        texts := regexp_replace(texts, '\\(u[0-9a-f]{4}|.)', ' ', 'g');  -- what JSON escapes separates
    END IF;
    texts := concat_ws(' ', event, logger, service, request_id, cohort_id, texts);
    IF texts ~ '[^ -~]' THEN
        texts := regexp_replace(texts, separators, ' ', 'g');
        -- Only runs of ASCII have parts.
        parts := array_to_string(ARRAY(
            SELECT run FROM unnest(string_to_array(texts, ' ')) AS run
            WHERE run COLLATE "C" ~ '^[0-9A-Za-z]+$' AND run COLLATE "C" ~ inner_capital
        ), ' ');
    ELSE  -- the same, which takes a third of the time
        parts := array_to_string(ARRAY(SELECT run[1] FROM regexp_matches(texts, with_inner_capital, 'g') AS run), ' ');
        FOREACH sign IN ARRAY string_to_array($signs$!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~$signs$, NULL) LOOP
            texts := replace(texts, sign, ' ');
        END LOOP;
    END IF;
    IF parts <> '' THEN
        -- Two passes: the boundaries of HTTPServerError share letters.
        parts := regexp_replace(parts, '([a-z0-9])([A-Z])', '\1 \2', 'g');
        parts := regexp_replace(parts, '([A-Z])([A-Z][a-z])', '\1 \2', 'g');
    END IF;
    words := string_to_array(lower(texts || ' ' || parts), ' ');
    IF octet_length(texts) > 2000 THEN  -- a lexeme has at most 2046 bytes
        words := ARRAY(SELECT left(word, 100) FROM unnest(words) AS word);
    END IF;
    RETURN array_to_tsvector(array_remove(words, ''));
END
$$;

-- How many events there are of a level and a service in each minute and hour: exact, because a batch adds its own in its
-- transaction. `new` is only ever added to; the worker moves what is in it to the other two, all in one statement.
CREATE TABLE event_count_new (
    minute   timestamptz NOT NULL,
    service  text        NOT NULL,
    level    smallint    NOT NULL,
    events   bigint      NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

CREATE TABLE event_count_minute (
    minute   timestamptz NOT NULL,
    service  text        NOT NULL,
    level    smallint    NOT NULL,
    events   bigint      NOT NULL,
    PRIMARY KEY (minute, service, level)
);

CREATE TABLE event_count_hour (
    hour     timestamptz NOT NULL,
    service  text        NOT NULL,
    level    smallint    NOT NULL,
    events   bigint      NOT NULL,
    PRIMARY KEY (hour, service, level)
);

-- Events that were stored before this file.
INSERT INTO event_count_minute
    SELECT date_trunc('minute', time), service, level, count(*) FROM log_event GROUP BY 1, 2, 3;
INSERT INTO event_count_hour
    SELECT date_trunc('hour', minute, 'UTC'), service, level, sum(events) FROM event_count_minute GROUP BY 1, 2, 3;

-- The id costs a third of the index on time and orders only the events of one microsecond, which a sort does as well.
DROP INDEX log_event_time_id;
CREATE INDEX log_event_time ON log_event (time);
-- "The latest errors of a cohort": one event in ten is in it.
CREATE INDEX log_event_cohort_warnings ON log_event (cohort_id, time) WHERE cohort_id IS NOT NULL AND level >= 30;
