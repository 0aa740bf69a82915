-- Which fields the events of a service have, by day: what the sidebar, completion and "did you mean" read. Bounded by
-- caps on the rows of a day; rewritten often, so there is room on each page for the new versions of its rows.
CREATE TABLE log_field (
    day         date    NOT NULL,  -- UTC, of the events' time
    service     text    NOT NULL,
    path        text    NOT NULL,  -- names joined by dots: a.b is {"a": {"b": 1}} and {"a.b": 1}
    events      bigint  NOT NULL,  -- how many have it
    strings     bigint  NOT NULL,  -- how many of those have a string there, a number, and so on
    numbers     bigint  NOT NULL,
    booleans    bigint  NOT NULL,
    nulls       bigint  NOT NULL,
    objects     bigint  NOT NULL,
    arrays      bigint  NOT NULL,  -- empty, or too deep inside others
    exact       boolean NOT NULL,  -- false: of large batches only some events were looked at, and counted for all
    lowest      double precision,  -- of the numbers
    highest     double precision,
    first_seen  timestamptz NOT NULL,
    last_seen   timestamptz NOT NULL,
    samples     text[]  NOT NULL,  -- some distinct short values
    PRIMARY KEY (day, service, path)
) WITH (fillfactor = 70);

-- How far each reader of the ledger has come, moved in the transaction of what it derived from the batches.
CREATE TABLE cursor_position (
    name   text   PRIMARY KEY,
    xid    xid8   NOT NULL,
    batch  bigint NOT NULL
);
INSERT INTO cursor_position VALUES ('field_catalogue', '0', 0);
