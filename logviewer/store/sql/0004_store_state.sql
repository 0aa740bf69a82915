-- What the store knows of its own upkeep: one row.
CREATE TABLE store_state (
    one_row     boolean      PRIMARY KEY DEFAULT true CHECK (one_row),
    maintained  timestamptz  NOT NULL  -- when maintenance last came to its end
);
