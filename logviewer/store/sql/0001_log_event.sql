-- Events, partitioned by time. No primary key: it would have to hold `time`, and the ledger already keeps a batch once.
-- Fixed-width columns stand first: no padding between them.
CREATE TABLE log_event (
    time        timestamptz NOT NULL,
    id          bigint      NOT NULL,  -- batch << 20 | place in the batch
    level       smallint    NOT NULL,
    service     text        NOT NULL,
    event       text        NOT NULL,
    logger      text        NOT NULL,
    request_id  text,
    cohort_id   text,
    data        jsonb       NOT NULL,
    meta        jsonb
) PARTITION BY RANGE (time);

CREATE INDEX log_event_time_id ON log_event (time, id);
-- Alone, so that b-tree deduplication keeps one entry for the events of a request.
CREATE INDEX log_event_request_id ON log_event (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX log_event_cohort_time ON log_event (cohort_id, time) WHERE cohort_id IS NOT NULL;
CREATE INDEX log_event_warnings ON log_event (time) WHERE level >= 30;
CREATE INDEX log_event_data ON log_event USING gin (data jsonb_path_ops);

-- The ledger: one row a stored batch, in the batch's own transaction. It makes retries harmless (idempotency_key) and
-- is the insertion cursor of everything incremental (xid).
CREATE TABLE ingest_batch (
    batch            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service          text        NOT NULL,
    key              text        NOT NULL,  -- the ingest key's public id; '' for imports
    idempotency_key  uuid,
    content_hash     bytea       NOT NULL,  -- SHA-256 of the inflated body
    answer           jsonb       NOT NULL,
    received         timestamptz NOT NULL DEFAULT now(),
    xid              xid8        NOT NULL DEFAULT pg_current_xact_id(),
    time_min         timestamptz,           -- null: the batch stored nothing
    time_max         timestamptz,
    rows             integer     NOT NULL
);
CREATE UNIQUE INDEX ingest_batch_once ON ingest_batch (service, key, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX ingest_batch_cursor ON ingest_batch (xid, batch);
CREATE INDEX ingest_batch_received ON ingest_batch (received);

-- The services that have sent events, for the filter that offers them.
CREATE TABLE log_service (
    service    text PRIMARY KEY,
    last_seen  date NOT NULL
);
