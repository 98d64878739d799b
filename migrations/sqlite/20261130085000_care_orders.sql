-- Orders of an admission: medicines, oxygen, diet, monitoring, nursing. A doctor signs each; one that was given by phone is signed later.

CREATE TABLE care_orders (
    id              BLOB PRIMARY KEY NOT NULL,
    admission_id    BLOB NOT NULL REFERENCES admissions (id),
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    kind            TEXT NOT NULL CHECK (kind IN ('medicine', 'oxygen', 'diet', 'monitoring', 'nursing', 'activity')),
    priority        TEXT NOT NULL CHECK (priority IN ('stat', 'asap', 'urgent', 'routine')),
    -- Verbal: the prescriber said it by phone, and a nurse read it back.
    mode            TEXT NOT NULL CHECK (mode IN ('written', 'verbal')),
    state           TEXT NOT NULL CHECK (state IN ('active', 'on_hold', 'stopped', 'completed')),
    -- The name of the medicine, or the order in words.
    title           TEXT NOT NULL CONSTRAINT orders_titled CHECK (length(title) BETWEEN 1 AND 200),
    drug_id         BLOB REFERENCES drugs (id),
    -- The dose as it was typed, and as an exact amount where it is a number with a unit.
    dose            TEXT NOT NULL DEFAULT '' CHECK (length(dose) <= 100),
    amount          TEXT NOT NULL DEFAULT '' CHECK (length(amount) <= 16),
    unit            TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 20),
    route           TEXT NOT NULL DEFAULT '' CHECK (length(route) <= 20),
    timing          TEXT CHECK (timing IN ('stat', 'once', 'daily', 'morning', 'bedtime', 'twice', 'three', 'four', 'five', 'meals', 'q12h', 'q8h', 'q6h',
        'q4h', 'q3h', 'q2h', 'q1h', 'alternate', 'weekly', 'as_needed')),
    -- The times on the clinic's clock, "08:00 20:00". Empty: the doses follow each other by hours that have passed.
    times           TEXT NOT NULL DEFAULT '' CHECK (length(times) <= 150),
    -- The first dose is given at the start, between the times.
    first_now       INTEGER NOT NULL DEFAULT 0 CHECK (first_now IN (0, 1)),
    -- As needed: the minutes between two doses, the most doses in any 24 hours, and the complaint that it is for.
    interval_min    INTEGER CHECK (interval_min BETWEEN 5 AND 10080),
    most_in_day     INTEGER CHECK (most_in_day BETWEEN 1 AND 48),
    indication      TEXT NOT NULL DEFAULT '' CHECK (length(indication) <= 200),
    -- The formulary marked the medicine as high-alert: a second person checks each dose.
    two_person      INTEGER NOT NULL DEFAULT 0 CHECK (two_person IN (0, 1)),
    starts_at       TEXT NOT NULL,
    ends_at         TEXT,
    -- The instructions, and the reason for ordering in spite of a warning.
    sealed          BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 20000),
    -- The keys of the warnings that the reason answers.
    answered        TEXT NOT NULL DEFAULT '' CHECK (length(answered) <= 4000),
    prescriber_id   BLOB NOT NULL REFERENCES users (id),
    ordered_at      TEXT NOT NULL,
    ordered_by      BLOB NOT NULL REFERENCES users (id),
    signed_at       TEXT,
    signed_by       BLOB REFERENCES users (id),
    key_id          BLOB REFERENCES signing_keys (id),
    signature       BLOB CHECK (length(signature) = 64),
    cosign_due      TEXT,
    -- The order that this one changes.
    replaces        BLOB REFERENCES care_orders (id),
    -- The doses before this time have rows.
    planned_until   TEXT,
    held_at         TEXT,
    resume_at       TEXT,
    ended_at        TEXT,
    version         INTEGER NOT NULL DEFAULT 1,
    UNIQUE (id, patient_id),
    CONSTRAINT orders_times CHECK ((ends_at IS NULL OR ends_at >= starts_at) AND (ended_at IS NOT NULL) = (state IN ('stopped', 'completed'))
        AND (held_at IS NOT NULL) = (state = 'on_hold') AND (resume_at IS NULL OR state = 'on_hold')),
    CONSTRAINT orders_medicine CHECK (CASE WHEN kind = 'medicine' THEN drug_id IS NOT NULL AND length(dose) > 0 AND length(route) > 0 AND timing IS NOT NULL
        ELSE drug_id IS NULL AND timing IS NULL AND two_person = 0 END),
    CONSTRAINT orders_prn_complete CHECK (CASE WHEN timing = 'as_needed'
        THEN interval_min IS NOT NULL AND most_in_day IS NOT NULL AND length(indication) > 0
        ELSE interval_min IS NULL AND most_in_day IS NULL END),
    CONSTRAINT orders_signed CHECK ((signed_at IS NULL) = (signed_by IS NULL) AND (signed_at IS NULL) = (key_id IS NULL)
        AND (signed_at IS NULL) = (signature IS NULL) AND (mode = 'verbal' OR signed_at IS NOT NULL)
        AND (mode = 'verbal') = (cosign_due IS NOT NULL) AND (mode = 'verbal') = (prescriber_id <> ordered_by))
) STRICT;
CREATE UNIQUE INDEX orders_replaced_once ON care_orders (replaces) WHERE replaces IS NOT NULL;
CREATE INDEX care_orders_of_admission ON care_orders (admission_id, ordered_at);
CREATE INDEX care_orders_open ON care_orders (admission_id) WHERE state = 'active' OR state = 'on_hold';
CREATE INDEX care_orders_of_patient ON care_orders (patient_id, ordered_at);
CREATE INDEX care_orders_by_key ON care_orders (key_id) WHERE key_id IS NOT NULL;
CREATE INDEX care_orders_to_sign ON care_orders (clinic_id, cosign_due) WHERE signed_at IS NULL;
CREATE INDEX care_orders_planned ON care_orders (planned_until) WHERE state = 'active' AND planned_until IS NOT NULL;
CREATE INDEX care_orders_ending ON care_orders (ends_at) WHERE state = 'active' AND ends_at IS NOT NULL;
CREATE INDEX care_orders_held ON care_orders (resume_at) WHERE state = 'on_hold' AND resume_at IS NOT NULL;

-- The acts on an order after it was given. The id is the key of the form: an act that is sent twice is done once.
CREATE TABLE care_order_acts (
    id              BLOB PRIMARY KEY NOT NULL,
    order_id        BLOB NOT NULL,
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    act             TEXT NOT NULL CHECK (act IN ('signed', 'held', 'resumed', 'stopped', 'changed', 'completed')),
    reason          TEXT CHECK (reason IN ('course_done', 'not_needed', 'side_effect', 'no_effect', 'changed_plan', 'procedure', 'error', 'other')),
    -- The reason in words.
    sealed          BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 20000),
    at              TEXT NOT NULL,
    done_by         BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT orders_same_patient FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id),
    CONSTRAINT orders_reasoned CHECK (act NOT IN ('held', 'stopped', 'changed') OR reason IS NOT NULL)
) STRICT;
CREATE INDEX care_order_acts_in_order ON care_order_acts (order_id, at);
CREATE INDEX care_order_acts_by_patient ON care_order_acts (patient_id);

-- An order belongs to a patient who lies on a ward, and replaces an order of the same admission.
CREATE TRIGGER orders_admitted BEFORE INSERT ON care_orders
BEGIN
    SELECT RAISE(ABORT, 'orders_admitted') WHERE NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id
        AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id AND (a.state = 'admitted' OR NEW.ended_at IS NOT NULL));
    SELECT RAISE(ABORT, 'orders_replaced_once') WHERE NEW.replaces IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care_orders o
        WHERE o.id = NEW.replaces AND o.admission_id = NEW.admission_id AND o.state = 'stopped');
    SELECT RAISE(ABORT, 'orders_replaced_once') WHERE NEW.replaces IS NOT NULL AND EXISTS (SELECT 1 FROM care_orders o WHERE o.replaces = NEW.replaces);
END;
-- The content of an order stays; it is signed once. A new version of the encryption key wraps anew what stands before the fields.
CREATE TRIGGER orders_signed_frozen BEFORE UPDATE ON care_orders
WHEN (NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.kind, NEW.priority, NEW.mode, NEW.title, NEW.drug_id, NEW.dose, NEW.amount, NEW.unit,
        NEW.route, NEW.timing, NEW.times, NEW.first_now, NEW.interval_min, NEW.most_in_day, NEW.indication, NEW.two_person, NEW.starts_at, NEW.ends_at,
        NEW.answered, NEW.prescriber_id, NEW.ordered_at, NEW.ordered_by, NEW.cosign_due, NEW.replaces)
    IS NOT (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.kind, OLD.priority, OLD.mode, OLD.title, OLD.drug_id, OLD.dose, OLD.amount, OLD.unit,
        OLD.route, OLD.timing, OLD.times, OLD.first_now, OLD.interval_min, OLD.most_in_day, OLD.indication, OLD.two_person, OLD.starts_at, OLD.ends_at,
        OLD.answered, OLD.prescriber_id, OLD.ordered_at, OLD.ordered_by, OLD.cosign_due, OLD.replaces)
    OR substr(NEW.sealed, 66) <> substr(OLD.sealed, 66)
    OR (OLD.signed_at IS NOT NULL
        AND (NEW.signed_at, NEW.signed_by, NEW.key_id, NEW.signature) IS NOT (OLD.signed_at, OLD.signed_by, OLD.key_id, OLD.signature))
BEGIN
    SELECT RAISE(ABORT, 'orders_signed_frozen');
END;
CREATE TRIGGER care_orders_kept BEFORE DELETE ON care_orders
BEGIN
    SELECT RAISE(ABORT, 'orders_signed_frozen');
END;
CREATE TRIGGER care_orders_moves BEFORE UPDATE OF state ON care_orders
WHEN NEW.state <> OLD.state AND OLD.state IN ('stopped', 'completed')
BEGIN
    SELECT RAISE(ABORT, 'care_orders_moves');
END;
CREATE TRIGGER care_order_acts_frozen BEFORE UPDATE ON care_order_acts
WHEN (NEW.id, NEW.order_id, NEW.patient_id, NEW.act, NEW.reason, NEW.at, NEW.done_by)
    IS NOT (OLD.id, OLD.order_id, OLD.patient_id, OLD.act, OLD.reason, OLD.at, OLD.done_by) OR substr(NEW.sealed, 66) <> substr(OLD.sealed, 66)
BEGIN
    SELECT RAISE(ABORT, 'care_order_acts_frozen');
END;
CREATE TRIGGER care_order_acts_kept BEFORE DELETE ON care_order_acts
BEGIN
    SELECT RAISE(ABORT, 'care_order_acts_frozen');
END;
CREATE TRIGGER care_orders_key_open_insert BEFORE INSERT ON care_orders
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER care_orders_key_open_update BEFORE UPDATE OF sealed ON care_orders WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER care_order_acts_key_open_insert BEFORE INSERT ON care_order_acts
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER care_order_acts_key_open_update BEFORE UPDATE OF sealed ON care_order_acts WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
