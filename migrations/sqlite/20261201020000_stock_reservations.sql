-- Reservations: units of a batch in a storeroom that are promised to a prescription or to a transfer. A line's `reserved` is the sum of its open
-- reservations, and never more than the line has.
ALTER TABLE stock_lines ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0
    CONSTRAINT stock_lines_reserved CHECK (reserved >= 0 AND reserved <= on_hand);
CREATE TABLE stock_reservations (
    id         BLOB PRIMARY KEY NOT NULL,
    line_id    BLOB NOT NULL REFERENCES stock_lines (id),
    purpose    TEXT NOT NULL CHECK (purpose IN ('supply', 'transfer')),
    -- The supply, or the line of the transfer.
    purpose_id BLOB NOT NULL,
    quantity   INTEGER NOT NULL CHECK (quantity >= 1),
    state      TEXT NOT NULL CHECK (state IN ('open', 'used', 'released')),
    -- A job releases it at this time.
    until_at   TEXT,
    at         TEXT NOT NULL,
    by_user    BLOB NOT NULL REFERENCES users (id),
    ended_at   TEXT,
    CONSTRAINT stock_reservations_ended CHECK ((state = 'open') = (ended_at IS NULL)),
    CONSTRAINT stock_reservations_until CHECK (purpose <> 'supply' OR until_at IS NOT NULL)
) STRICT;
CREATE INDEX stock_reservations_by_line ON stock_reservations (line_id, state);
CREATE INDEX stock_reservations_by_purpose ON stock_reservations (purpose_id);
CREATE INDEX stock_reservations_due ON stock_reservations (until_at) WHERE state = 'open' AND until_at IS NOT NULL;

CREATE TRIGGER stock_reservations_begin BEFORE INSERT ON stock_reservations
WHEN NEW.state <> 'open' OR NOT EXISTS (SELECT 1 FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id WHERE l.id = NEW.line_id AND b.status = 'released')
BEGIN
    SELECT RAISE(ABORT, 'stock_reservations_usable');
END;
CREATE TRIGGER stock_reservations_add AFTER INSERT ON stock_reservations
BEGIN
    UPDATE stock_lines SET reserved = reserved + NEW.quantity WHERE id = NEW.line_id;
END;
-- A reservation ends once.
CREATE TRIGGER stock_reservations_fixed BEFORE UPDATE ON stock_reservations
WHEN OLD.state <> 'open' OR NEW.state = 'open' OR (NEW.id, NEW.line_id, NEW.purpose, NEW.purpose_id, NEW.quantity, NEW.until_at, NEW.at, NEW.by_user)
    IS NOT (OLD.id, OLD.line_id, OLD.purpose, OLD.purpose_id, OLD.quantity, OLD.until_at, OLD.at, OLD.by_user)
BEGIN
    SELECT RAISE(ABORT, 'stock_reservations_fixed');
END;
CREATE TRIGGER stock_reservations_end AFTER UPDATE OF state ON stock_reservations
BEGIN
    UPDATE stock_lines SET reserved = reserved - OLD.quantity WHERE id = OLD.line_id;
END;
CREATE TRIGGER stock_reservations_kept BEFORE DELETE ON stock_reservations
BEGIN
    SELECT RAISE(ABORT, 'stock_reservations_fixed');
END;
CREATE TRIGGER stock_lines_reserved_sum BEFORE UPDATE OF reserved ON stock_lines
WHEN NEW.reserved <> OLD.reserved
    AND NEW.reserved <> (SELECT coalesce(sum(r.quantity), 0) FROM stock_reservations r WHERE r.line_id = NEW.id AND r.state = 'open')
BEGIN
    SELECT RAISE(ABORT, 'stock_lines_reserved_sum');
END;
