-- The events of a sealed slice added up by those of their fields that have few values together, in all and by hour: a
-- count over much of the past reads some hundred rows of a slice instead of a million.
CREATE TABLE event_rollup_slice (
    slice   text         PRIMARY KEY,  -- name of the partition
    starts  timestamptz  NOT NULL,     -- its bounds
    ends    timestamptz  NOT NULL,
    fields  text[]       NOT NULL,     -- that its rows tell apart
    events  bigint       NOT NULL,     -- in all of them; if the slice has others now, they are no longer true
    built   timestamptz  NOT NULL
);
CREATE TABLE event_rollup (
    slice    text         NOT NULL REFERENCES event_rollup_slice ON DELETE CASCADE,
    hour     timestamptz,            -- NULL: of the whole slice
    level    smallint     NOT NULL,
    service  text         NOT NULL,
    event    text,                   -- NULL where it is none of the fields
    data     jsonb        NOT NULL,  -- of the events' own keys those that are fields
    events   bigint       NOT NULL
);
CREATE INDEX event_rollup_slice_hour ON event_rollup (slice, hour);
