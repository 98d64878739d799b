-- The time at which a doctor looks at an order again. An order that is past it goes on: a doctor continues it with another time, or stops it.
CREATE TABLE order_reviews (
    -- The key of the form: a time that is sent twice is set once.
    id            UUID PRIMARY KEY NOT NULL,
    order_id      UUID NOT NULL REFERENCES care_orders (id),
    due_at        TIMESTAMPTZ NOT NULL,
    set_at        TIMESTAMPTZ NOT NULL,
    set_by        UUID NOT NULL REFERENCES users (id),
    superseded_at TIMESTAMPTZ,
    CONSTRAINT order_reviews_ahead CHECK (due_at > set_at AND (superseded_at IS NULL OR superseded_at >= set_at))
);
CREATE UNIQUE INDEX order_reviews_one_standing ON order_reviews (order_id) WHERE superseded_at IS NULL;
CREATE INDEX order_reviews_of_order ON order_reviews (order_id, set_at);
ALTER TABLE order_reviews ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON order_reviews USING (EXISTS (SELECT 1 FROM care_orders o WHERE o.id = order_reviews.order_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON order_reviews FROM infirmary_app;
CREATE TRIGGER order_reviews_frozen BEFORE UPDATE ON order_reviews FOR EACH ROW
WHEN (OLD.superseded_at IS NOT NULL OR (NEW.id, NEW.order_id, NEW.due_at, NEW.set_at, NEW.set_by)
    IS DISTINCT FROM (OLD.id, OLD.order_id, OLD.due_at, OLD.set_at, OLD.set_by))
EXECUTE FUNCTION row_fixed('order_reviews_frozen');
CREATE TRIGGER order_reviews_kept BEFORE DELETE ON order_reviews FOR EACH ROW EXECUTE FUNCTION row_fixed('order_reviews_frozen');
