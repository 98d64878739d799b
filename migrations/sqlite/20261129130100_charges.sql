-- Charges come from any source: quantities are thousandths, a line says price, discount and what is left, and a charge without a price
-- waits as planned instead of being left out. An invoice's line holds its charge until it is released.
DROP VIEW amounts_charged;
DROP TRIGGER hospital_currency_fixed;

CREATE TABLE charges_new (
    id              BLOB PRIMARY KEY NOT NULL,
    account_id      BLOB NOT NULL REFERENCES billing_accounts (id),
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    visit_id        BLOB REFERENCES visits (id),
    -- The clinic's day on which it was done: price and cover are of this day.
    service_day     TEXT NOT NULL,
    department_id   BLOB REFERENCES departments (id),
    provider_id     BLOB REFERENCES staff (id),
    -- None while the department's consultation is not on the price list.
    item_id         BLOB REFERENCES price_items (id),
    price_id        BLOB REFERENCES prices (id),
    code            TEXT NOT NULL DEFAULT '',
    description     TEXT NOT NULL,
    quantity_milli  INTEGER NOT NULL CONSTRAINT charges_quantity CHECK (quantity_milli BETWEEN 1 AND 10000000),
    unit_price      INTEGER CHECK (unit_price BETWEEN 0 AND 100000000000),
    per             INTEGER NOT NULL DEFAULT 1 CHECK (per BETWEEN 1 AND 1000),
    gross           INTEGER NOT NULL CHECK (gross BETWEEN 0 AND 1000000000000),
    discount        INTEGER NOT NULL DEFAULT 0,
    net             INTEGER NOT NULL,
    free_because    TEXT CHECK (free_because IN ('revisit', 'package')),
    -- The discount in hundredths of a percent, when it was given so: it follows the quantity.
    discount_bp     INTEGER CHECK (discount_bp BETWEEN 1 AND 10000),
    discount_reason TEXT CHECK (discount_reason IN ('hardship', 'staff', 'complaint', 'agreement', 'other')),
    discounted_by   BLOB REFERENCES users (id),
    approved_by     BLOB REFERENCES users (id),
    -- A discount above the limit of whoever asks: another person approves it.
    asked_discount  INTEGER CHECK (asked_discount > 0),
    asked_bp        INTEGER CHECK (asked_bp BETWEEN 1 AND 10000),
    asked_reason    TEXT CHECK (asked_reason IN ('hardship', 'staff', 'complaint', 'agreement', 'other')),
    asked_by        BLOB REFERENCES users (id),
    -- The visit was invoiced before this was charged.
    late            INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
    state           TEXT NOT NULL CHECK (state IN ('planned', 'billable', 'billed', 'paid', 'cancelled', 'entered_in_error')),
    waits_for       TEXT CHECK (waits_for IN ('service', 'price')),
    -- The kind of source that raised it ('consultation') and its id: one source has one live charge.
    source          TEXT NOT NULL,
    source_id       BLOB NOT NULL,
    raised_at       TEXT NOT NULL,
    raised_by       BLOB NOT NULL REFERENCES users (id),
    updated_at      TEXT NOT NULL,
    version         INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT charges_priced CHECK (unit_price IS NOT NULL OR state IN ('planned', 'cancelled', 'entered_in_error')),
    CONSTRAINT charges_gross CHECK (CASE WHEN unit_price IS NULL THEN gross = 0
        ELSE 2 * abs(gross * per * 1000 - quantity_milli * unit_price) <= per * 1000 END),
    CONSTRAINT charges_net CHECK (discount BETWEEN 0 AND gross AND net = gross - discount),
    CONSTRAINT charges_discount_reason CHECK (discount = 0 OR discount_reason IS NOT NULL OR free_because IS NOT NULL),
    CONSTRAINT charges_waiting CHECK ((state = 'planned') = (waits_for IS NOT NULL)),
    CONSTRAINT charges_asked CHECK ((asked_discount IS NULL) = (asked_by IS NULL)),
    CONSTRAINT charges_second_person CHECK (approved_by IS NULL OR (discounted_by IS NOT NULL AND approved_by <> discounted_by))
) STRICT;
INSERT INTO charges_new (id, account_id, patient_id, clinic_id, visit_id, service_day, department_id, item_id, code, description, quantity_milli,
    unit_price, gross, net, state, waits_for, source, source_id, raised_at, raised_by, updated_at, version)
SELECT c.id, c.account_id, c.patient_id, c.clinic_id, c.visit_id, substr(c.raised_at, 1, 10), i.department_id, c.item_id, i.code, c.description,
    c.quantity * 1000, c.unit_price, c.amount, c.amount, c.state, CASE WHEN c.state = 'planned' THEN 'service' END, c.source, c.source_id,
    c.raised_at, c.raised_by, c.updated_at, c.version
FROM charges c JOIN price_items i ON i.id = c.item_id;

CREATE TABLE invoice_lines_new (
    id              BLOB PRIMARY KEY NOT NULL,
    invoice_id      BLOB NOT NULL REFERENCES invoices (id),
    charge_id       BLOB NOT NULL REFERENCES charges_new (id),
    position        INTEGER NOT NULL CHECK (position >= 1),
    code            TEXT NOT NULL DEFAULT '',
    description     TEXT NOT NULL,
    quantity_milli  INTEGER NOT NULL CHECK (quantity_milli >= 1),
    unit_price      INTEGER NOT NULL CHECK (unit_price >= 0),
    per             INTEGER NOT NULL DEFAULT 1 CHECK (per BETWEEN 1 AND 1000),
    gross           INTEGER NOT NULL CHECK (gross >= 0),
    discount        INTEGER NOT NULL DEFAULT 0,
    discount_reason TEXT,
    free_because    TEXT,
    net             INTEGER NOT NULL,
    -- The tax in hundredths of a percent, and what it comes to.
    rate_bp         INTEGER NOT NULL DEFAULT 0 CHECK (rate_bp BETWEEN 0 AND 10000),
    tax             INTEGER NOT NULL DEFAULT 0 CHECK (tax >= 0),
    total           INTEGER NOT NULL,
    insurer_share   INTEGER NOT NULL CHECK (insurer_share >= 0),
    patient_share   INTEGER NOT NULL CHECK (patient_share >= 0),
    credited        INTEGER NOT NULL DEFAULT 0,
    -- When a credit note gave the charge free.
    released_at     TEXT,
    UNIQUE (invoice_id, position),
    CONSTRAINT invoice_lines_gross CHECK (2 * abs(gross * per * 1000 - quantity_milli * unit_price) <= per * 1000),
    CONSTRAINT invoice_lines_net CHECK (discount BETWEEN 0 AND gross AND net = gross - discount),
    CONSTRAINT invoice_lines_total CHECK (net + tax = total),
    CONSTRAINT invoice_lines_shares CHECK (insurer_share + patient_share = total),
    CONSTRAINT invoice_lines_credited CHECK (credited BETWEEN 0 AND total)
) STRICT;
INSERT INTO invoice_lines_new (id, invoice_id, charge_id, position, code, description, quantity_milli, unit_price, gross, net, total,
    insurer_share, patient_share)
SELECT l.id, l.invoice_id, l.charge_id, l.position, c.code, l.description, l.quantity * 1000, l.unit_price, l.amount, l.amount, l.amount,
    l.insurer_share, l.patient_share
FROM invoice_lines l JOIN charges_new c ON c.id = l.charge_id;

DROP TABLE invoice_lines;
DROP TABLE charges;
ALTER TABLE charges_new RENAME TO charges;
ALTER TABLE invoice_lines_new RENAME TO invoice_lines;

CREATE UNIQUE INDEX charges_live_source ON charges (source, source_id) WHERE state NOT IN ('cancelled', 'entered_in_error');
CREATE INDEX charges_by_account ON charges (account_id, state);
CREATE INDEX charges_by_clinic ON charges (clinic_id, state, raised_at);
CREATE INDEX charges_by_visit ON charges (visit_id) WHERE visit_id IS NOT NULL;
CREATE INDEX charges_asked_for ON charges (clinic_id) WHERE asked_discount IS NOT NULL;
CREATE UNIQUE INDEX invoice_lines_live_charge ON invoice_lines (charge_id) WHERE released_at IS NULL;
CREATE INDEX invoice_lines_by_charge ON invoice_lines (charge_id);

CREATE VIEW amounts_charged AS SELECT 1 AS one FROM charges;
CREATE TRIGGER hospital_currency_fixed BEFORE UPDATE OF currency ON hospital
WHEN NEW.currency <> OLD.currency AND EXISTS (SELECT 1 FROM charges)
BEGIN
    SELECT RAISE(ABORT, 'hospital_currency_fixed');
END;

-- A charge on an invoice does not change any more; a cancelled charge does not come back.
CREATE TRIGGER charges_fixed BEFORE UPDATE ON charges
WHEN (OLD.state IN ('cancelled', 'entered_in_error') AND NEW.state <> OLD.state)
    OR (OLD.state IN ('billed', 'paid') AND NEW.state IN ('billed', 'paid')
        AND NOT (NEW.quantity_milli IS OLD.quantity_milli AND NEW.unit_price IS OLD.unit_price AND NEW.per IS OLD.per AND NEW.gross IS OLD.gross
            AND NEW.discount IS OLD.discount AND NEW.net IS OLD.net AND NEW.item_id IS OLD.item_id AND NEW.patient_id IS OLD.patient_id))
BEGIN
    SELECT RAISE(ABORT, 'charges_fixed');
END;
CREATE TRIGGER charges_kept BEFORE DELETE ON charges
BEGIN
    SELECT RAISE(ABORT, 'charges_kept');
END;
-- A line is frozen: a credit note raises what is credited, and releases the charge.
CREATE TRIGGER invoice_lines_frozen BEFORE UPDATE ON invoice_lines
WHEN NOT (NEW.id IS OLD.id AND NEW.invoice_id IS OLD.invoice_id AND NEW.charge_id IS OLD.charge_id AND NEW.position IS OLD.position
    AND NEW.description IS OLD.description AND NEW.quantity_milli IS OLD.quantity_milli AND NEW.unit_price IS OLD.unit_price
    AND NEW.per IS OLD.per AND NEW.gross IS OLD.gross AND NEW.discount IS OLD.discount AND NEW.net IS OLD.net AND NEW.rate_bp IS OLD.rate_bp
    AND NEW.tax IS OLD.tax AND NEW.total IS OLD.total AND NEW.insurer_share IS OLD.insurer_share AND NEW.patient_share IS OLD.patient_share
    AND NEW.credited >= OLD.credited AND (OLD.released_at IS NULL OR NEW.released_at IS OLD.released_at))
BEGIN
    SELECT RAISE(ABORT, 'invoice_lines_frozen');
END;
CREATE TRIGGER invoice_lines_kept BEFORE DELETE ON invoice_lines
BEGIN
    SELECT RAISE(ABORT, 'invoice_lines_frozen');
END;

-- A consultation within so many days of the last one that was charged is free, so many times.
CREATE TABLE revisit_rules (
    id            BLOB PRIMARY KEY NOT NULL,
    clinic_id     BLOB REFERENCES clinics (id),
    department_id BLOB REFERENCES departments (id),
    -- Only with the same doctor.
    same_doctor   INTEGER NOT NULL CHECK (same_doctor IN (0, 1)),
    days          INTEGER NOT NULL CONSTRAINT revisit_rules_days CHECK (days BETWEEN 1 AND 365),
    visits        INTEGER NOT NULL CONSTRAINT revisit_rules_visits CHECK (visits BETWEEN 1 AND 20),
    created_at    TEXT NOT NULL,
    created_by    BLOB NOT NULL REFERENCES users (id),
    retired_at    TEXT,
    retired_by    BLOB REFERENCES users (id)
) STRICT;
CREATE UNIQUE INDEX revisit_rules_one ON revisit_rules (coalesce(hex(clinic_id), ''), coalesce(hex(department_id), '')) WHERE retired_at IS NULL;

-- The largest discount that a role gives alone, in hundredths of a percent of the line.
CREATE TABLE discount_limits (
    role        TEXT PRIMARY KEY NOT NULL,
    basis_points INTEGER NOT NULL CONSTRAINT discount_limits_range CHECK (basis_points BETWEEN 0 AND 10000),
    updated_at  TEXT NOT NULL,
    updated_by  BLOB REFERENCES users (id)
) STRICT;
