-- Infusions: the order of a volume at a rate, each infusion that runs, and its events. The volume given is computed from the events.

CREATE TABLE infusion_orders (
    order_id   BLOB PRIMARY KEY NOT NULL,
    patient_id BLOB NOT NULL REFERENCES patients (id),
    -- Thousandths of a millilitre, and of a millilitre in an hour.
    volume_ul  INTEGER NOT NULL CHECK (volume_ul BETWEEN 1000 AND 10000000),
    rate_ul_h  INTEGER NOT NULL CHECK (rate_ul_h BETWEEN 10 AND 10000000),
    -- The rate up to which a nurse may set it; none: the rate itself.
    most_ul_h  INTEGER CHECK (most_ul_h BETWEEN 10 AND 10000000),
    -- A dose rate in thousandths of its unit, the weight that was used, and the medicine in the volume: micrograms, or thousandths of a unit.
    dose_unit  TEXT CHECK (dose_unit IN ('microgram/kg/min', 'microgram/kg/h', 'mg/kg/h', 'units/kg/h', 'microgram/min', 'microgram/h', 'mg/h', 'units/h')),
    dose_milli INTEGER CHECK (dose_milli BETWEEN 1 AND 100000000),
    weight_g   INTEGER CHECK (weight_g BETWEEN 300 AND 500000),
    content    INTEGER CHECK (content BETWEEN 1 AND 1000000000000),
    CONSTRAINT infusion_orders_same_patient FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id),
    CONSTRAINT infusion_orders_most CHECK (most_ul_h IS NULL OR most_ul_h >= rate_ul_h),
    CONSTRAINT infusion_orders_dose CHECK ((dose_unit IS NULL) = (dose_milli IS NULL) AND (dose_unit IS NULL) = (content IS NULL)
        AND (weight_g IS NOT NULL) = (coalesce(dose_unit, '') LIKE '%/kg/%'))
) STRICT;
CREATE INDEX infusion_orders_by_patient ON infusion_orders (patient_id);

CREATE TABLE infusions (
    id           BLOB PRIMARY KEY NOT NULL,
    order_id     BLOB NOT NULL REFERENCES infusion_orders (order_id),
    admission_id BLOB NOT NULL REFERENCES admissions (id),
    patient_id   BLOB NOT NULL REFERENCES patients (id),
    clinic_id    BLOB NOT NULL REFERENCES clinics (id),
    -- Voided: it was entered in error.
    state        TEXT NOT NULL CHECK (state IN ('running', 'paused', 'stopped', 'voided')),
    rate_ul_h    INTEGER NOT NULL CHECK (rate_ul_h BETWEEN 10 AND 10000000),
    started_at   TEXT NOT NULL,
    -- The time and the number of the latest event.
    last_at      TEXT NOT NULL,
    seq          INTEGER NOT NULL DEFAULT 0 CHECK (seq >= 0),
    ended_at     TEXT,
    CONSTRAINT infusions_same_patient FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id),
    CONSTRAINT infusions_times CHECK (last_at >= started_at AND (ended_at IS NOT NULL) = (state IN ('stopped', 'voided')))
) STRICT;
CREATE UNIQUE INDEX infusions_one_running ON infusions (order_id) WHERE state = 'running' OR state = 'paused';
CREATE INDEX infusions_of_order ON infusions (order_id);
CREATE INDEX infusions_of_admission ON infusions (admission_id, started_at);
CREATE INDEX infusions_by_patient ON infusions (patient_id);

CREATE TABLE infusion_events (
    -- The key of the form: an event that is sent twice is recorded once.
    id          BLOB PRIMARY KEY NOT NULL,
    infusion_id BLOB NOT NULL REFERENCES infusions (id),
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    seq         INTEGER NOT NULL CHECK (seq >= 1),
    kind        TEXT NOT NULL CHECK (kind IN ('start', 'rate', 'pause', 'resume', 'bag', 'bolus', 'stop', 'void')),
    at          TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    checked_by  BLOB REFERENCES users (id),
    rate_ul_h   INTEGER CHECK (rate_ul_h BETWEEN 10 AND 10000000),
    volume_ul   INTEGER CHECK (volume_ul BETWEEN 100 AND 10000000),
    reason      TEXT CHECK (reason IN ('finished', 'titration', 'side_effect', 'line', 'procedure', 'changed_plan', 'order_held', 'order_ended', 'error')),
    CONSTRAINT infusion_events_order UNIQUE (infusion_id, seq),
    CONSTRAINT infusion_events_kind CHECK ((rate_ul_h IS NOT NULL) = (kind IN ('start', 'rate')) AND (volume_ul IS NOT NULL) = (kind IN ('start', 'bag', 'bolus'))),
    CONSTRAINT infusion_events_reasoned CHECK (kind NOT IN ('rate', 'pause', 'stop', 'void') OR reason IS NOT NULL),
    CONSTRAINT infusion_events_times CHECK (at <= recorded_at),
    CONSTRAINT infusion_events_two_people CHECK (checked_by IS NULL OR checked_by <> recorded_by)
) STRICT;
CREATE INDEX infusion_events_by_patient ON infusion_events (patient_id);

CREATE TRIGGER infusion_orders_single BEFORE INSERT ON infusion_orders
BEGIN
    SELECT RAISE(ABORT, 'infusion_orders_single') WHERE NOT EXISTS (SELECT 1 FROM care_orders o
        WHERE o.id = NEW.order_id AND o.kind = 'medicine' AND o.timing IN ('stat', 'once'));
END;
CREATE TRIGGER infusion_orders_frozen BEFORE UPDATE ON infusion_orders
BEGIN
    SELECT RAISE(ABORT, 'infusion_orders_frozen');
END;
CREATE TRIGGER infusion_orders_kept BEFORE DELETE ON infusion_orders
BEGIN
    SELECT RAISE(ABORT, 'infusion_orders_frozen');
END;
CREATE TRIGGER infusions_of_stay BEFORE INSERT ON infusions
BEGIN
    SELECT RAISE(ABORT, 'infusions_order_active') WHERE NEW.state <> 'running' OR NEW.seq <> 0 OR NOT EXISTS (SELECT 1 FROM care_orders o
        WHERE o.id = NEW.order_id AND o.admission_id = NEW.admission_id AND o.clinic_id = NEW.clinic_id AND o.state = 'active');
END;
CREATE TRIGGER infusions_fixed BEFORE UPDATE ON infusions
WHEN (NEW.id, NEW.order_id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.started_at)
    IS NOT (OLD.id, OLD.order_id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.started_at)
    OR NOT EXISTS (SELECT 1 FROM infusion_events e WHERE e.infusion_id = NEW.id AND e.seq = NEW.seq AND e.at = NEW.last_at)
    OR NEW.seq <> OLD.seq + 1
BEGIN
    SELECT RAISE(ABORT, 'infusions_fixed');
END;
CREATE TRIGGER infusions_kept BEFORE DELETE ON infusions
BEGIN
    SELECT RAISE(ABORT, 'infusions_fixed');
END;
-- Events follow each other in time, by the state of the infusion; a running one has an active order, and its rate stays within the order.
CREATE TRIGGER infusion_events_in_turn BEFORE INSERT ON infusion_events
BEGIN
    SELECT RAISE(ABORT, 'infusion_events_order') WHERE NOT EXISTS (SELECT 1 FROM infusions i WHERE i.id = NEW.infusion_id AND i.patient_id = NEW.patient_id
        AND NEW.seq = i.seq + 1 AND NEW.at >= i.last_at AND (NEW.kind = 'start') = (NEW.seq = 1)
        AND CASE NEW.kind WHEN 'start' THEN i.state = 'running' AND NEW.at = i.started_at WHEN 'resume' THEN i.state = 'paused'
            WHEN 'void' THEN i.state <> 'voided' WHEN 'stop' THEN i.state IN ('running', 'paused') WHEN 'bag' THEN i.state IN ('running', 'paused')
            ELSE i.state = 'running' END);
    SELECT RAISE(ABORT, 'infusions_order_active') WHERE NEW.kind IN ('start', 'rate', 'resume', 'bag', 'bolus') AND NOT EXISTS (
        SELECT 1 FROM infusions i JOIN care_orders o ON o.id = i.order_id JOIN admissions a ON a.id = o.admission_id
        WHERE i.id = NEW.infusion_id AND o.state = 'active' AND a.state = 'admitted' AND NEW.at >= a.admitted_at);
    SELECT RAISE(ABORT, 'infusion_events_checked') WHERE NEW.kind IN ('start', 'rate', 'bag', 'bolus') AND NEW.checked_by IS NULL AND EXISTS (
        SELECT 1 FROM infusions i JOIN care_orders o ON o.id = i.order_id WHERE i.id = NEW.infusion_id AND o.two_person = 1);
    SELECT RAISE(ABORT, 'infusion_events_rate') WHERE NEW.rate_ul_h IS NOT NULL AND EXISTS (
        SELECT 1 FROM infusions i JOIN infusion_orders o ON o.order_id = i.order_id
        WHERE i.id = NEW.infusion_id AND NEW.rate_ul_h > coalesce(o.most_ul_h, o.rate_ul_h));
END;
CREATE TRIGGER infusion_events_follow AFTER INSERT ON infusion_events
BEGIN
    UPDATE infusions SET seq = NEW.seq, last_at = NEW.at, rate_ul_h = coalesce(NEW.rate_ul_h, rate_ul_h),
        state = CASE NEW.kind WHEN 'pause' THEN 'paused' WHEN 'resume' THEN 'running' WHEN 'stop' THEN 'stopped' WHEN 'void' THEN 'voided' ELSE state END,
        ended_at = CASE WHEN NEW.kind = 'stop' OR NEW.kind = 'void' THEN coalesce(ended_at, NEW.at) ELSE ended_at END
    WHERE id = NEW.infusion_id;
END;
CREATE TRIGGER infusion_events_frozen BEFORE UPDATE ON infusion_events
BEGIN
    SELECT RAISE(ABORT, 'infusion_events_frozen');
END;
CREATE TRIGGER infusion_events_kept BEFORE DELETE ON infusion_events
BEGIN
    SELECT RAISE(ABORT, 'infusion_events_frozen');
END;
-- An order that is held pauses its infusion; one that ends stops it.
CREATE TRIGGER infusions_end_with_order AFTER UPDATE OF state ON care_orders WHEN NEW.state IN ('stopped', 'completed') AND OLD.state IN ('active', 'on_hold')
BEGIN
    INSERT INTO infusion_events (id, infusion_id, patient_id, seq, kind, at, recorded_at, recorded_by, reason)
    SELECT randomblob(16), i.id, i.patient_id, i.seq + 1, 'stop', max(i.last_at, NEW.ended_at), max(i.last_at, NEW.ended_at), u.id, 'order_ended'
    FROM infusions i JOIN users u ON u.login = 'system' WHERE i.order_id = NEW.id AND (i.state = 'running' OR i.state = 'paused');
END;
CREATE TRIGGER infusions_pause_with_order AFTER UPDATE OF state ON care_orders WHEN NEW.state = 'on_hold' AND OLD.state = 'active'
BEGIN
    INSERT INTO infusion_events (id, infusion_id, patient_id, seq, kind, at, recorded_at, recorded_by, reason)
    SELECT randomblob(16), i.id, i.patient_id, i.seq + 1, 'pause', max(i.last_at, NEW.held_at), max(i.last_at, NEW.held_at), u.id, 'order_held'
    FROM infusions i JOIN users u ON u.login = 'system' WHERE i.order_id = NEW.id AND i.state = 'running';
END;
