-- The price that was told when an appointment was booked, or when a patient came without one. It stands as it was told; appointments of
-- before have none.
CREATE TABLE told_prices (
    id             BLOB PRIMARY KEY NOT NULL,
    appointment_id BLOB REFERENCES appointments (id),
    visit_id       BLOB REFERENCES visits (id),
    item_id        BLOB NOT NULL REFERENCES price_items (id),
    -- The clinic's day, of which price and cover were.
    day            TEXT NOT NULL,
    total          INTEGER NOT NULL CHECK (total BETWEEN 0 AND 1000000000000),
    -- The patient's part, where a plan was expected to pay the rest.
    own_share      INTEGER CHECK (own_share BETWEEN 0 AND total),
    insurer_id     BLOB REFERENCES insurers (id),
    currency       TEXT NOT NULL CHECK (length(currency) = 3),
    told_at        TEXT NOT NULL,
    told_by        BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT told_prices_subject CHECK ((appointment_id IS NULL) <> (visit_id IS NULL)),
    CONSTRAINT told_prices_share CHECK ((own_share IS NULL) = (insurer_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX told_prices_once ON told_prices (appointment_id);
CREATE UNIQUE INDEX told_prices_visit_once ON told_prices (visit_id);
CREATE INDEX told_prices_by_item ON told_prices (item_id);
CREATE INDEX told_prices_by_insurer ON told_prices (insurer_id);
CREATE TRIGGER told_prices_fixed BEFORE UPDATE ON told_prices
BEGIN
    SELECT RAISE(ABORT, 'told_prices_fixed');
END;
CREATE TRIGGER told_prices_kept BEFORE DELETE ON told_prices
BEGIN
    SELECT RAISE(ABORT, 'told_prices_fixed');
END;
