-- The price that was told when an appointment was booked, or when a patient came without one. It stands as it was told; appointments of
-- before have none.
CREATE TABLE told_prices (
    id             UUID PRIMARY KEY NOT NULL,
    appointment_id UUID REFERENCES appointments (id),
    visit_id       UUID REFERENCES visits (id),
    item_id        UUID NOT NULL REFERENCES price_items (id),
    -- The clinic's day, of which price and cover were.
    day            DATE NOT NULL,
    total          BIGINT NOT NULL CHECK (total BETWEEN 0 AND 1000000000000),
    -- The patient's part, where a plan was expected to pay the rest.
    own_share      BIGINT CHECK (own_share BETWEEN 0 AND total),
    insurer_id     UUID REFERENCES insurers (id),
    currency       TEXT NOT NULL CHECK (length(currency) = 3),
    told_at        TIMESTAMPTZ NOT NULL,
    told_by        UUID NOT NULL REFERENCES users (id),
    CONSTRAINT told_prices_subject CHECK ((appointment_id IS NULL) <> (visit_id IS NULL)),
    CONSTRAINT told_prices_share CHECK ((own_share IS NULL) = (insurer_id IS NULL))
);
CREATE UNIQUE INDEX told_prices_once ON told_prices (appointment_id);
CREATE UNIQUE INDEX told_prices_visit_once ON told_prices (visit_id);
CREATE INDEX told_prices_by_item ON told_prices (item_id);
CREATE INDEX told_prices_by_insurer ON told_prices (insurer_id);
CREATE TRIGGER told_prices_fixed BEFORE UPDATE ON told_prices FOR EACH ROW EXECUTE FUNCTION row_fixed('told_prices_fixed');
CREATE TRIGGER told_prices_kept BEFORE DELETE ON told_prices FOR EACH ROW EXECUTE FUNCTION row_fixed('told_prices_fixed');
ALTER TABLE told_prices ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON told_prices USING (EXISTS (SELECT 1 FROM appointments a WHERE a.id = told_prices.appointment_id OFFSET 0)
    OR EXISTS (SELECT 1 FROM visits v WHERE v.id = told_prices.visit_id OFFSET 0));
REVOKE UPDATE, DELETE, TRUNCATE ON told_prices FROM infirmary_app;
