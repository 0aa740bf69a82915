-- Up to when events have expired: follows the clock by small steps, so that a clock set wrong does not drop everything.
ALTER TABLE store_state ADD COLUMN retention_clock timestamptz;
