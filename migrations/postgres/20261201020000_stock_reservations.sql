-- Reservations: units of a batch in a storeroom that are promised to a prescription or to a transfer. A line's `reserved` is the sum of its open
-- reservations, and never more than the line has.
ALTER TABLE stock_lines ADD COLUMN reserved BIGINT NOT NULL DEFAULT 0
    CONSTRAINT stock_lines_reserved CHECK (reserved >= 0 AND reserved <= on_hand);
CREATE TABLE stock_reservations (
    id         UUID PRIMARY KEY NOT NULL,
    line_id    UUID NOT NULL REFERENCES stock_lines (id),
    purpose    TEXT NOT NULL CHECK (purpose IN ('supply', 'transfer')),
    -- The supply, or the line of the transfer.
    purpose_id UUID NOT NULL,
    quantity   BIGINT NOT NULL CHECK (quantity >= 1),
    state      TEXT NOT NULL CHECK (state IN ('open', 'used', 'released')),
    -- A job releases it at this time.
    until_at   TIMESTAMPTZ,
    at         TIMESTAMPTZ NOT NULL,
    by_user    UUID NOT NULL REFERENCES users (id),
    ended_at   TIMESTAMPTZ,
    CONSTRAINT stock_reservations_ended CHECK ((state = 'open') = (ended_at IS NULL)),
    CONSTRAINT stock_reservations_until CHECK (purpose <> 'supply' OR until_at IS NOT NULL)
);
CREATE INDEX stock_reservations_by_line ON stock_reservations (line_id, state);
CREATE INDEX stock_reservations_by_purpose ON stock_reservations (purpose_id);
CREATE INDEX stock_reservations_due ON stock_reservations (until_at) WHERE state = 'open' AND until_at IS NOT NULL;

REVOKE DELETE, TRUNCATE ON stock_reservations FROM infirmary_app;
CREATE FUNCTION stock_reservations_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'open' OR NOT EXISTS (SELECT 1 FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id
        WHERE l.id = NEW.line_id AND b.status = 'released') THEN
        PERFORM refuse('stock_reservations_usable');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_reservations_begin BEFORE INSERT ON stock_reservations FOR EACH ROW EXECUTE FUNCTION stock_reservations_begin();
-- The triggers of a statement run after all its rows have changed, so each writes the sum and not its own difference. The lock comes first: the sum
-- is read after acts that held the line.
CREATE FUNCTION stock_reservations_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM stock_lines l WHERE l.id = NEW.line_id FOR NO KEY UPDATE;
    UPDATE stock_lines SET reserved = (SELECT coalesce(sum(r.quantity), 0) FROM stock_reservations r WHERE r.line_id = NEW.line_id AND r.state = 'open')
    WHERE id = NEW.line_id;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_reservations_count AFTER INSERT OR UPDATE OF state ON stock_reservations FOR EACH ROW EXECUTE FUNCTION stock_reservations_count();
-- A reservation ends once.
CREATE TRIGGER stock_reservations_fixed BEFORE UPDATE ON stock_reservations FOR EACH ROW
WHEN (OLD.state <> 'open' OR NEW.state = 'open' OR (NEW.id, NEW.line_id, NEW.purpose, NEW.purpose_id, NEW.quantity, NEW.until_at, NEW.at, NEW.by_user)
    IS DISTINCT FROM (OLD.id, OLD.line_id, OLD.purpose, OLD.purpose_id, OLD.quantity, OLD.until_at, OLD.at, OLD.by_user))
EXECUTE FUNCTION row_fixed('stock_reservations_fixed');
CREATE TRIGGER stock_reservations_kept BEFORE DELETE ON stock_reservations FOR EACH ROW EXECUTE FUNCTION row_fixed('stock_reservations_fixed');
CREATE FUNCTION stock_lines_reserved_sum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reserved <> (SELECT coalesce(sum(r.quantity), 0) FROM stock_reservations r WHERE r.line_id = NEW.id AND r.state = 'open') THEN
        PERFORM refuse('stock_lines_reserved_sum');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_lines_reserved_sum BEFORE UPDATE OF reserved ON stock_lines FOR EACH ROW
WHEN (NEW.reserved <> OLD.reserved) EXECUTE FUNCTION stock_lines_reserved_sum();
