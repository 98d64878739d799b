-- Charges come from any source: quantities are thousandths, a line says price, discount and what is left, and a charge without a price
-- waits as planned instead of being left out. An invoice's line holds its charge until it is released.
ALTER TABLE charges DROP CONSTRAINT charges_check, DROP CONSTRAINT charges_quantity_check, DROP CONSTRAINT charges_unit_price_check,
    DROP CONSTRAINT charges_source_source_id_key, ALTER COLUMN item_id DROP NOT NULL, ALTER COLUMN unit_price DROP NOT NULL;
ALTER TABLE charges RENAME COLUMN quantity TO quantity_milli;
ALTER TABLE charges RENAME COLUMN amount TO net;
ALTER TABLE charges
    -- The clinic's day on which it was done: price and cover are of this day.
    ADD COLUMN service_day DATE,
    ADD COLUMN department_id UUID REFERENCES departments (id),
    ADD COLUMN provider_id UUID REFERENCES staff (id),
    ADD COLUMN price_id UUID REFERENCES prices (id),
    ADD COLUMN code TEXT NOT NULL DEFAULT '',
    ADD COLUMN per BIGINT NOT NULL DEFAULT 1 CHECK (per BETWEEN 1 AND 1000),
    ADD COLUMN gross BIGINT,
    ADD COLUMN discount BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN free_because TEXT CHECK (free_because IN ('revisit', 'package')),
    -- The discount in hundredths of a percent, when it was given so: it follows the quantity.
    ADD COLUMN discount_bp BIGINT CHECK (discount_bp BETWEEN 1 AND 10000),
    ADD COLUMN discount_reason TEXT CHECK (discount_reason IN ('hardship', 'staff', 'complaint', 'agreement', 'other')),
    ADD COLUMN discounted_by UUID REFERENCES users (id),
    ADD COLUMN approved_by UUID REFERENCES users (id),
    -- A discount above the limit of whoever asks: another person approves it.
    ADD COLUMN asked_discount BIGINT CHECK (asked_discount > 0),
    ADD COLUMN asked_bp BIGINT CHECK (asked_bp BETWEEN 1 AND 10000),
    ADD COLUMN asked_reason TEXT CHECK (asked_reason IN ('hardship', 'staff', 'complaint', 'agreement', 'other')),
    ADD COLUMN asked_by UUID REFERENCES users (id),
    -- The visit was invoiced before this was charged.
    ADD COLUMN late BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN waits_for TEXT CHECK (waits_for IN ('service', 'price'));
UPDATE charges c SET quantity_milli = c.quantity_milli * 1000, gross = c.net, code = i.code, department_id = i.department_id,
    service_day = (c.raised_at AT TIME ZONE k.time_zone)::date, waits_for = CASE WHEN c.state = 'planned' THEN 'service' END
FROM price_items i, clinics k WHERE i.id = c.item_id AND k.id = c.clinic_id;
ALTER TABLE charges ALTER COLUMN service_day SET NOT NULL, ALTER COLUMN gross SET NOT NULL,
    ADD CONSTRAINT charges_quantity CHECK (quantity_milli BETWEEN 1 AND 10000000),
    ADD CONSTRAINT charges_unit_price CHECK (unit_price BETWEEN 0 AND 100000000000),
    ADD CONSTRAINT charges_gross_range CHECK (gross BETWEEN 0 AND 1000000000000),
    ADD CONSTRAINT charges_priced CHECK (unit_price IS NOT NULL OR state IN ('planned', 'cancelled', 'entered_in_error')),
    ADD CONSTRAINT charges_gross CHECK (CASE WHEN unit_price IS NULL THEN gross = 0
        ELSE 2 * abs(gross * per * 1000 - quantity_milli * unit_price) <= per * 1000 END),
    ADD CONSTRAINT charges_net CHECK (discount BETWEEN 0 AND gross AND net = gross - discount),
    ADD CONSTRAINT charges_discount_reason CHECK (discount = 0 OR discount_reason IS NOT NULL OR free_because IS NOT NULL),
    ADD CONSTRAINT charges_waiting CHECK ((state = 'planned') = (waits_for IS NOT NULL)),
    ADD CONSTRAINT charges_asked CHECK ((asked_discount IS NULL) = (asked_by IS NULL)),
    ADD CONSTRAINT charges_second_person CHECK (approved_by IS NULL OR (discounted_by IS NOT NULL AND approved_by <> discounted_by));

ALTER TABLE invoice_lines DROP CONSTRAINT invoice_lines_check, DROP CONSTRAINT invoice_lines_check1, DROP CONSTRAINT invoice_lines_charge_id_key;
ALTER TABLE invoice_lines RENAME COLUMN quantity TO quantity_milli;
ALTER TABLE invoice_lines RENAME COLUMN amount TO total;
ALTER TABLE invoice_lines
    ADD COLUMN code TEXT NOT NULL DEFAULT '',
    ADD COLUMN per BIGINT NOT NULL DEFAULT 1 CHECK (per BETWEEN 1 AND 1000),
    ADD COLUMN gross BIGINT CHECK (gross >= 0),
    ADD COLUMN discount BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN discount_reason TEXT,
    ADD COLUMN free_because TEXT,
    ADD COLUMN net BIGINT,
    -- The tax in hundredths of a percent, and what it comes to.
    ADD COLUMN rate_bp BIGINT NOT NULL DEFAULT 0 CHECK (rate_bp BETWEEN 0 AND 10000),
    ADD COLUMN tax BIGINT NOT NULL DEFAULT 0 CHECK (tax >= 0),
    ADD COLUMN credited BIGINT NOT NULL DEFAULT 0,
    -- When a credit note gave the charge free.
    ADD COLUMN released_at TIMESTAMPTZ;
UPDATE invoice_lines l SET quantity_milli = l.quantity_milli * 1000, gross = l.total, net = l.total, code = c.code
FROM charges c WHERE c.id = l.charge_id;
ALTER TABLE invoice_lines ALTER COLUMN gross SET NOT NULL, ALTER COLUMN net SET NOT NULL,
    ADD CONSTRAINT invoice_lines_gross CHECK (2 * abs(gross * per * 1000 - quantity_milli * unit_price) <= per * 1000),
    ADD CONSTRAINT invoice_lines_net CHECK (discount BETWEEN 0 AND gross AND net = gross - discount),
    ADD CONSTRAINT invoice_lines_total CHECK (net + tax = total),
    ADD CONSTRAINT invoice_lines_shares CHECK (insurer_share + patient_share = total),
    ADD CONSTRAINT invoice_lines_credited CHECK (credited BETWEEN 0 AND total);

CREATE UNIQUE INDEX charges_live_source ON charges (source, source_id) WHERE state NOT IN ('cancelled', 'entered_in_error');
CREATE INDEX charges_asked_for ON charges (clinic_id) WHERE asked_discount IS NOT NULL;
CREATE UNIQUE INDEX invoice_lines_live_charge ON invoice_lines (charge_id) WHERE released_at IS NULL;
CREATE INDEX invoice_lines_by_charge ON invoice_lines (charge_id);

-- A charge on an invoice does not change any more; a cancelled charge does not come back.
CREATE FUNCTION row_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse(TG_ARGV[0]);
    RETURN NULL;
END $$;
CREATE TRIGGER charges_fixed BEFORE UPDATE ON charges FOR EACH ROW
WHEN ((OLD.state IN ('cancelled', 'entered_in_error') AND NEW.state <> OLD.state)
    OR (OLD.state IN ('billed', 'paid') AND NEW.state IN ('billed', 'paid')
        AND (NEW.quantity_milli, NEW.unit_price, NEW.per, NEW.gross, NEW.discount, NEW.net, NEW.item_id, NEW.patient_id)
            IS DISTINCT FROM (OLD.quantity_milli, OLD.unit_price, OLD.per, OLD.gross, OLD.discount, OLD.net, OLD.item_id, OLD.patient_id)))
EXECUTE FUNCTION row_fixed('charges_fixed');
CREATE TRIGGER charges_kept BEFORE DELETE ON charges FOR EACH ROW EXECUTE FUNCTION row_fixed('charges_kept');
-- A line is frozen: a credit note raises what is credited, and releases the charge.
CREATE TRIGGER invoice_lines_frozen BEFORE UPDATE ON invoice_lines FOR EACH ROW
WHEN ((NEW.id, NEW.invoice_id, NEW.charge_id, NEW.position, NEW.description, NEW.quantity_milli, NEW.unit_price, NEW.per, NEW.gross,
        NEW.discount, NEW.net, NEW.rate_bp, NEW.tax, NEW.total, NEW.insurer_share, NEW.patient_share)
    IS DISTINCT FROM (OLD.id, OLD.invoice_id, OLD.charge_id, OLD.position, OLD.description, OLD.quantity_milli, OLD.unit_price, OLD.per,
        OLD.gross, OLD.discount, OLD.net, OLD.rate_bp, OLD.tax, OLD.total, OLD.insurer_share, OLD.patient_share)
    OR NEW.credited < OLD.credited OR (OLD.released_at IS NOT NULL AND NEW.released_at IS DISTINCT FROM OLD.released_at))
EXECUTE FUNCTION row_fixed('invoice_lines_frozen');
CREATE TRIGGER invoice_lines_kept BEFORE DELETE ON invoice_lines FOR EACH ROW EXECUTE FUNCTION row_fixed('invoice_lines_frozen');

-- A consultation within so many days of the last one that was charged is free, so many times.
CREATE TABLE revisit_rules (
    id            UUID PRIMARY KEY NOT NULL,
    clinic_id     UUID REFERENCES clinics (id),
    department_id UUID REFERENCES departments (id),
    -- Only with the same doctor.
    same_doctor   BOOLEAN NOT NULL,
    days          BIGINT NOT NULL CONSTRAINT revisit_rules_days CHECK (days BETWEEN 1 AND 365),
    visits        BIGINT NOT NULL CONSTRAINT revisit_rules_visits CHECK (visits BETWEEN 1 AND 20),
    created_at    TIMESTAMPTZ NOT NULL,
    created_by    UUID NOT NULL REFERENCES users (id),
    retired_at    TIMESTAMPTZ,
    retired_by    UUID REFERENCES users (id)
);
CREATE UNIQUE INDEX revisit_rules_one ON revisit_rules (coalesce(clinic_id, '00000000-0000-0000-0000-000000000000'::uuid), coalesce(department_id, '00000000-0000-0000-0000-000000000000'::uuid)) WHERE retired_at IS NULL;

-- The largest discount that a role gives alone, in hundredths of a percent of the line.
CREATE TABLE discount_limits (
    role        TEXT PRIMARY KEY NOT NULL,
    basis_points BIGINT NOT NULL CONSTRAINT discount_limits_range CHECK (basis_points BETWEEN 0 AND 10000),
    updated_at  TIMESTAMPTZ NOT NULL,
    updated_by  UUID REFERENCES users (id)
);
