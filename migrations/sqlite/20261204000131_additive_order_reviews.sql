-- The time at which a doctor looks at an order again. An order that is past it goes on: a doctor continues it with another time, or stops it.
CREATE TABLE order_reviews (
    -- The key of the form: a time that is sent twice is set once.
    id            BLOB PRIMARY KEY NOT NULL,
    order_id      BLOB NOT NULL REFERENCES care_orders (id),
    due_at        TEXT NOT NULL,
    set_at        TEXT NOT NULL,
    set_by        BLOB NOT NULL REFERENCES users (id),
    superseded_at TEXT,
    CONSTRAINT order_reviews_ahead CHECK (due_at > set_at AND (superseded_at IS NULL OR superseded_at >= set_at))
) STRICT;
CREATE UNIQUE INDEX order_reviews_one_standing ON order_reviews (order_id) WHERE superseded_at IS NULL;
CREATE INDEX order_reviews_of_order ON order_reviews (order_id, set_at);
CREATE TRIGGER order_reviews_frozen BEFORE UPDATE ON order_reviews
WHEN OLD.superseded_at IS NOT NULL OR (NEW.id, NEW.order_id, NEW.due_at, NEW.set_at, NEW.set_by)
    IS NOT (OLD.id, OLD.order_id, OLD.due_at, OLD.set_at, OLD.set_by)
BEGIN
    SELECT RAISE(ABORT, 'order_reviews_frozen');
END;
CREATE TRIGGER order_reviews_kept BEFORE DELETE ON order_reviews
BEGIN
    SELECT RAISE(ABORT, 'order_reviews_frozen');
END;
