-- The doses of a medicine order, and the record of each: given, or not given with a reason. A correction is a further version.

CREATE TABLE doses (
    id              BLOB PRIMARY KEY NOT NULL,
    order_id        BLOB NOT NULL REFERENCES care_orders (id),
    due_at          TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('due', 'given', 'held', 'refused', 'not_available', 'missed', 'cancelled')),
    version         INTEGER NOT NULL DEFAULT 1,
    UNIQUE (id, order_id),
    CONSTRAINT doses_once UNIQUE (order_id, due_at)
) STRICT;
CREATE INDEX doses_due ON doses (due_at) WHERE state = 'due';

CREATE TABLE administrations (
    -- The key of the form: a dose that is recorded twice is recorded once.
    id              BLOB PRIMARY KEY NOT NULL,
    dose_id         BLOB NOT NULL,
    order_id        BLOB NOT NULL,
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    version         INTEGER NOT NULL CHECK (version >= 1),
    outcome         TEXT NOT NULL CHECK (outcome IN ('given', 'held', 'refused', 'not_available')),
    given_at        TEXT,
    recorded_at     TEXT NOT NULL,
    recorded_by     BLOB NOT NULL REFERENCES users (id),
    -- The second person, who signed in beside the first.
    checked_by      BLOB REFERENCES users (id),
    reason          TEXT CHECK (reason IN ('refused', 'nil_by_mouth', 'vomiting', 'asleep', 'away', 'clinical', 'not_available', 'workload', 'other')),
    -- The remark, and the reason of a correction.
    sealed          BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 20000),
    superseded_at   TEXT,
    CONSTRAINT administrations_of_dose FOREIGN KEY (dose_id, order_id) REFERENCES doses (id, order_id),
    CONSTRAINT administrations_same_patient FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id),
    CONSTRAINT administrations_versions UNIQUE (dose_id, version),
    CONSTRAINT administrations_times CHECK ((outcome = 'given') = (given_at IS NOT NULL) AND (given_at IS NULL OR given_at <= recorded_at)
        AND (superseded_at IS NULL OR superseded_at >= recorded_at)),
    CONSTRAINT administrations_reasoned CHECK (outcome = 'given' OR reason IS NOT NULL),
    CONSTRAINT administrations_two_people CHECK (checked_by IS NULL OR checked_by <> recorded_by)
) STRICT;
CREATE UNIQUE INDEX administrations_one_standing ON administrations (dose_id) WHERE superseded_at IS NULL;
CREATE INDEX administrations_given ON administrations (patient_id, given_at) WHERE outcome = 'given' AND superseded_at IS NULL;
CREATE INDEX administrations_of_order ON administrations (order_id, recorded_at);

-- A dose is due under an active order only.
CREATE TRIGGER doses_of_active_order_insert BEFORE INSERT ON doses WHEN NEW.state = 'due'
BEGIN
    SELECT RAISE(ABORT, 'orders_no_orphans') WHERE NOT EXISTS (SELECT 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.state = 'active');
END;
CREATE TRIGGER doses_of_active_order_update BEFORE UPDATE OF state ON doses WHEN NEW.state = 'due' AND OLD.state <> 'due'
BEGIN
    SELECT RAISE(ABORT, 'orders_no_orphans') WHERE NOT EXISTS (SELECT 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.state = 'active');
END;
CREATE TRIGGER orders_no_orphans BEFORE UPDATE OF state ON care_orders WHEN NEW.state <> 'active'
BEGIN
    SELECT RAISE(ABORT, 'orders_no_orphans') WHERE EXISTS (SELECT 1 FROM doses d WHERE d.order_id = NEW.id AND d.state = 'due');
END;
CREATE TRIGGER doses_fixed BEFORE UPDATE ON doses
WHEN NEW.id <> OLD.id OR NEW.order_id <> OLD.order_id OR NEW.due_at <> OLD.due_at
    OR (NEW.state <> OLD.state AND (OLD.state = 'cancelled' OR NEW.state = 'given' AND NOT EXISTS (SELECT 1 FROM administrations a
        WHERE a.dose_id = NEW.id AND a.superseded_at IS NULL AND a.outcome = 'given')))
BEGIN
    SELECT RAISE(ABORT, 'doses_fixed');
END;
CREATE TRIGGER doses_kept BEFORE DELETE ON doses
BEGIN
    SELECT RAISE(ABORT, 'doses_fixed');
END;
-- A dose is given under an active order, to a patient on the ward; a correction may say that it was given before the order was held or ended.
CREATE TRIGGER doses_order_active BEFORE INSERT ON administrations WHEN NEW.outcome = 'given'
BEGIN
    SELECT RAISE(ABORT, 'doses_order_active') WHERE NOT EXISTS (SELECT 1 FROM care_orders o JOIN admissions a ON a.id = o.admission_id
        WHERE o.id = NEW.order_id AND NEW.given_at >= a.admitted_at
          AND ((o.state = 'active' AND a.state = 'admitted') OR (NEW.version > 1 AND NEW.given_at <= coalesce(o.held_at, o.ended_at, NEW.given_at))));
    SELECT RAISE(ABORT, 'administrations_checked') WHERE NEW.checked_by IS NULL
        AND EXISTS (SELECT 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.two_person = 1);
    -- As needed: never before the interval has passed since any dose of the same medicine or one of its substances, and never above the
    -- limit in the 24 hours that begin with this dose or with one of those before it.
    SELECT RAISE(ABORT, 'prn_turn') WHERE EXISTS (
        SELECT 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.timing = 'as_needed' AND (
            EXISTS (SELECT 1 FROM administrations g JOIN care_orders other ON other.id = g.order_id
                WHERE g.patient_id = NEW.patient_id AND g.outcome = 'given' AND g.superseded_at IS NULL AND g.dose_id <> NEW.dose_id
                  AND g.given_at > strftime('%Y-%m-%dT%H:%M:%S', NEW.given_at, '-' || o.interval_min || ' minutes') || substr(NEW.given_at, 20)
                  AND g.given_at < strftime('%Y-%m-%dT%H:%M:%S', NEW.given_at, '+' || o.interval_min || ' minutes') || substr(NEW.given_at, 20)
                  AND (other.drug_id = o.drug_id OR EXISTS (SELECT 1 FROM drug_ingredients i JOIN drug_ingredients j ON j.substance_id = i.substance_id
                      WHERE i.drug_id = o.drug_id AND j.drug_id = other.drug_id)))
            OR EXISTS (
                SELECT 1 FROM (SELECT NEW.given_at AS at UNION ALL SELECT s.given_at FROM administrations s JOIN care_orders other ON other.id = s.order_id
                    WHERE s.patient_id = NEW.patient_id AND s.outcome = 'given' AND s.superseded_at IS NULL AND s.dose_id <> NEW.dose_id
                      AND s.given_at <= NEW.given_at
                      AND s.given_at > strftime('%Y-%m-%dT%H:%M:%S', NEW.given_at, '-1 day') || substr(NEW.given_at, 20)
                      AND (other.drug_id = o.drug_id OR EXISTS (SELECT 1 FROM drug_ingredients i JOIN drug_ingredients j ON j.substance_id = i.substance_id
                          WHERE i.drug_id = o.drug_id AND j.drug_id = other.drug_id))) AS starts
                WHERE (SELECT count(*) FROM administrations g JOIN care_orders other ON other.id = g.order_id
                    WHERE g.patient_id = NEW.patient_id AND g.outcome = 'given' AND g.superseded_at IS NULL AND g.dose_id <> NEW.dose_id
                      AND g.given_at >= starts.at AND g.given_at < strftime('%Y-%m-%dT%H:%M:%S', starts.at, '+1 day') || substr(starts.at, 20)
                      AND (other.drug_id = o.drug_id OR EXISTS (SELECT 1 FROM drug_ingredients i JOIN drug_ingredients j ON j.substance_id = i.substance_id
                          WHERE i.drug_id = o.drug_id AND j.drug_id = other.drug_id))) >= o.most_in_day)));
END;
CREATE TRIGGER administrations_frozen BEFORE UPDATE ON administrations
WHEN (NEW.id, NEW.dose_id, NEW.order_id, NEW.patient_id, NEW.clinic_id, NEW.version, NEW.outcome, NEW.given_at, NEW.recorded_at, NEW.recorded_by,
        NEW.checked_by, NEW.reason)
    IS NOT (OLD.id, OLD.dose_id, OLD.order_id, OLD.patient_id, OLD.clinic_id, OLD.version, OLD.outcome, OLD.given_at, OLD.recorded_at, OLD.recorded_by,
        OLD.checked_by, OLD.reason)
    OR substr(NEW.sealed, 66) <> substr(OLD.sealed, 66) OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS NOT OLD.superseded_at)
BEGIN
    SELECT RAISE(ABORT, 'administrations_frozen');
END;
CREATE TRIGGER administrations_kept BEFORE DELETE ON administrations
BEGIN
    SELECT RAISE(ABORT, 'administrations_frozen');
END;
CREATE TRIGGER administrations_key_open_insert BEFORE INSERT ON administrations
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER administrations_key_open_update BEFORE UPDATE OF sealed ON administrations WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;

-- The stay ends, and with it its orders and the doses that are due.
CREATE TRIGGER orders_end_with_stay AFTER UPDATE OF state ON admissions WHEN NEW.state = 'discharged' AND OLD.state = 'admitted'
BEGIN
    UPDATE doses SET state = 'cancelled', version = version + 1
    WHERE state = 'due' AND order_id IN (SELECT o.id FROM care_orders o WHERE o.admission_id = NEW.id AND (o.state = 'active' OR o.state = 'on_hold'));
    UPDATE care_orders SET state = 'stopped', ended_at = NEW.left_at, held_at = NULL, resume_at = NULL, version = version + 1
    WHERE admission_id = NEW.id AND (state = 'active' OR state = 'on_hold');
END;
