-- Orders of the laboratory, draws, samples, and the tests to do for each order.

-- The laboratory's part of an order: one test or one panel.
CREATE TABLE lab_orders (
    order_id     BLOB PRIMARY KEY NOT NULL REFERENCES orders (id),
    patient_id   BLOB NOT NULL REFERENCES patients (id),
    test_id      BLOB REFERENCES lab_tests (id),
    panel_id     BLOB REFERENCES lab_panels (id),
    fasting      TEXT NOT NULL DEFAULT 'unknown' CHECK (fasting IN ('yes', 'no', 'unknown')),
    wanted_from  TEXT,
    CONSTRAINT lab_orders_one CHECK ((test_id IS NULL) <> (panel_id IS NULL)),
    UNIQUE (order_id, patient_id)
) STRICT;

-- One collection from a patient: the tubes that were filled at once.
CREATE TABLE lab_draws (
    id             BLOB PRIMARY KEY NOT NULL,
    patient_id     BLOB NOT NULL REFERENCES patients (id),
    clinic_id      BLOB NOT NULL REFERENCES clinics (id),
    drawn_at       TEXT NOT NULL,
    drawn_by       BLOB NOT NULL REFERENCES users (id),
    place          TEXT NOT NULL DEFAULT '' CHECK (length(place) <= 120),
    identified_by  TEXT NOT NULL CHECK (identified_by IN ('wristband', 'name_and_birth', 'card')),
    UNIQUE (id, patient_id)
) STRICT;
CREATE INDEX lab_draws_by_patient ON lab_draws (patient_id, drawn_at);

CREATE TABLE lab_samples (
    id                BLOB PRIMARY KEY NOT NULL,
    -- Twelve digits: year, day of the year, the number in the series of both, and a check digit.
    number            TEXT NOT NULL CONSTRAINT samples_number UNIQUE CHECK (length(number) = 12),
    patient_id        BLOB NOT NULL REFERENCES patients (id),
    clinic_id         BLOB NOT NULL REFERENCES clinics (id),
    requisition_id    BLOB NOT NULL,
    specimen          TEXT NOT NULL CHECK (specimen IN ('blood', 'serum', 'plasma', 'arterial', 'capillary', 'urine', 'urine_24h', 'stool',
                          'sputum', 'csf', 'swab', 'tissue', 'fluid')),
    container_id      BLOB NOT NULL REFERENCES lab_containers (id),
    priority          TEXT NOT NULL CHECK (priority IN ('routine', 'urgent', 'asap', 'stat')),
    -- The place where the patient is expected: a ward or the service of the visit.
    place             TEXT NOT NULL DEFAULT '' CHECK (length(place) <= 120),
    wanted_from       TEXT NOT NULL,
    origin            TEXT NOT NULL DEFAULT 'hospital' CHECK (origin IN ('hospital', 'home', 'point_of_care', 'outside')),
    state             TEXT NOT NULL CHECK (state IN ('expected', 'collected', 'sent', 'received', 'stored', 'discarded', 'not_collected', 'rejected', 'lost')),
    draw_id           BLOB,
    site              TEXT NOT NULL DEFAULT '' CHECK (length(site) <= 80),
    label_printed_at  TEXT,
    expected_at       TEXT NOT NULL,
    collected_at      TEXT,
    collected_by      BLOB REFERENCES users (id),
    sent_at           TEXT,
    sent_by           BLOB REFERENCES users (id),
    received_at       TEXT,
    received_by       BLOB REFERENCES users (id),
    stored_at         TEXT,
    stored_by         BLOB REFERENCES users (id),
    stored_place      TEXT NOT NULL DEFAULT '' CHECK (length(stored_place) <= 120),
    discarded_at      TEXT,
    discarded_by      BLOB REFERENCES users (id),
    -- The sample that an aliquot was taken from.
    parent_id         BLOB,
    -- The sample that this one replaces.
    recollection_of   BLOB,
    -- Haemolysis, icterus and lipaemia, 0 to 4.
    index_h           INTEGER CHECK (index_h BETWEEN 0 AND 4),
    index_i           INTEGER CHECK (index_i BETWEEN 0 AND 4),
    index_l           INTEGER CHECK (index_l BETWEEN 0 AND 4),
    rejection         TEXT CHECK (rejection IN ('haemolysed', 'clotted', 'insufficient', 'wrong_container', 'unlabelled', 'mislabelled', 'delayed',
                          'contaminated', 'lipaemic', 'leaking', 'other')),
    stop_note         TEXT NOT NULL DEFAULT '' CHECK (length(stop_note) <= 500),
    stopped_at        TEXT,
    stopped_by        BLOB REFERENCES users (id),
    version           INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at        TEXT NOT NULL,
    updated_by        BLOB NOT NULL REFERENCES users (id),
    UNIQUE (id, patient_id),
    CONSTRAINT samples_collected CHECK (state NOT IN ('collected', 'sent', 'received', 'stored', 'discarded')
        OR (collected_at IS NOT NULL AND draw_id IS NOT NULL)),
    CONSTRAINT samples_received CHECK (state NOT IN ('received', 'stored', 'discarded') OR received_at IS NOT NULL),
    CONSTRAINT samples_sent CHECK (state <> 'sent' OR sent_at IS NOT NULL),
    CONSTRAINT samples_stored CHECK ((stored_at IS NOT NULL) = (state = 'stored' OR state = 'discarded')),
    CONSTRAINT samples_discarded CHECK ((discarded_at IS NOT NULL) = (state = 'discarded')),
    CONSTRAINT samples_by_somebody CHECK ((collected_at IS NULL) = (collected_by IS NULL) AND (sent_at IS NULL) = (sent_by IS NULL)
        AND (received_at IS NULL) = (received_by IS NULL) AND (stored_at IS NULL) = (stored_by IS NULL)
        AND (discarded_at IS NULL) = (discarded_by IS NULL) AND (stopped_at IS NULL) = (stopped_by IS NULL)),
    CONSTRAINT samples_times CHECK ((sent_at IS NULL OR collected_at <= sent_at) AND (received_at IS NULL OR collected_at <= received_at)
        AND (received_at IS NULL OR sent_at IS NULL OR sent_at <= received_at) AND (stored_at IS NULL OR received_at <= stored_at)
        AND (discarded_at IS NULL OR received_at <= discarded_at)),
    CONSTRAINT samples_rejected CHECK ((state = 'rejected') = (rejection IS NOT NULL)),
    CONSTRAINT samples_stopped CHECK ((stopped_at IS NOT NULL) = (state = 'rejected' OR state = 'lost' OR state = 'not_collected')),
    CONSTRAINT samples_reasoned CHECK ((state <> 'lost' AND state <> 'not_collected' AND (rejection IS NULL OR rejection <> 'other'))
        OR length(trim(stop_note)) > 0)
) STRICT;
CREATE INDEX lab_samples_expected ON lab_samples (clinic_id, wanted_from) WHERE state = 'expected';
CREATE INDEX lab_samples_under_way ON lab_samples (clinic_id, collected_at) WHERE state = 'collected' OR state = 'sent';
CREATE INDEX lab_samples_by_requisition ON lab_samples (requisition_id);
CREATE INDEX lab_samples_by_patient ON lab_samples (patient_id, expected_at);
CREATE INDEX lab_samples_by_draw ON lab_samples (draw_id) WHERE draw_id IS NOT NULL;
CREATE UNIQUE INDEX samples_recollected_once ON lab_samples (recollection_of) WHERE recollection_of IS NOT NULL;

-- One test to do for an order.
CREATE TABLE lab_analyses (
    id           BLOB PRIMARY KEY NOT NULL,
    order_id     BLOB NOT NULL,
    test_id      BLOB NOT NULL REFERENCES lab_tests (id),
    patient_id   BLOB NOT NULL REFERENCES patients (id),
    clinic_id    BLOB NOT NULL REFERENCES clinics (id),
    sample_id    BLOB,
    bench        TEXT NOT NULL CHECK (length(trim(bench)) > 0 AND length(bench) <= 40),
    priority     TEXT NOT NULL CHECK (priority IN ('routine', 'urgent', 'asap', 'stat')),
    -- Set when the sample is received: the turnaround begins then.
    due_at       TEXT,
    -- The laboratory outside that does it.
    outside      TEXT NOT NULL DEFAULT '' CHECK (length(outside) <= 120),
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'sent_out', 'entered', 'checked', 'released', 'cancelled')),
    stop_reason  TEXT NOT NULL DEFAULT '' CHECK (length(stop_reason) <= 500),
    version      INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at   TEXT NOT NULL,
    updated_by   BLOB NOT NULL REFERENCES users (id),
    UNIQUE (id, patient_id),
    CONSTRAINT analyses_ready CHECK (state = 'waiting' OR state = 'cancelled' OR sample_id IS NOT NULL),
    CONSTRAINT analyses_due CHECK (state = 'waiting' OR state = 'cancelled' OR due_at IS NOT NULL),
    CONSTRAINT analyses_sent_out CHECK (state <> 'sent_out' OR length(trim(outside)) > 0),
    CONSTRAINT analyses_reasoned CHECK ((state = 'cancelled') = (length(trim(stop_reason)) > 0))
) STRICT;
CREATE UNIQUE INDEX analyses_one_live ON lab_analyses (order_id, test_id) WHERE state <> 'cancelled';
CREATE INDEX lab_analyses_open ON lab_analyses (clinic_id, bench, due_at) WHERE state IN ('ready', 'entered', 'checked', 'sent_out');
CREATE INDEX lab_analyses_by_sample ON lab_analyses (sample_id) WHERE sample_id IS NOT NULL;
CREATE INDEX lab_analyses_by_test ON lab_analyses (test_id) WHERE state NOT IN ('released', 'cancelled');
CREATE INDEX lab_analyses_by_order ON lab_analyses (order_id);
CREATE INDEX lab_analyses_by_patient ON lab_analyses (patient_id, test_id);

-- The order is of the laboratory's kind and of the same patient.
CREATE TRIGGER lab_orders_same_patient BEFORE INSERT ON lab_orders
WHEN NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = NEW.order_id AND o.patient_id = NEW.patient_id AND o.kind = 'laboratory')
BEGIN
    SELECT RAISE(ABORT, 'lab_orders_same_patient');
END;
CREATE TRIGGER lab_orders_fixed BEFORE UPDATE ON lab_orders
BEGIN
    SELECT RAISE(ABORT, 'lab_orders_fixed');
END;
CREATE TRIGGER lab_orders_kept BEFORE DELETE ON lab_orders
BEGIN
    SELECT RAISE(ABORT, 'lab_orders_fixed');
END;
CREATE TRIGGER lab_draws_fixed BEFORE UPDATE ON lab_draws
BEGIN
    SELECT RAISE(ABORT, 'lab_draws_fixed');
END;
CREATE TRIGGER lab_draws_kept BEFORE DELETE ON lab_draws
BEGIN
    SELECT RAISE(ABORT, 'lab_draws_fixed');
END;

-- The state machine (lab::SampleAct). Anything else is refused.
CREATE TRIGGER samples_moves BEFORE UPDATE ON lab_samples
WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('expected>collected', 'expected>not_collected', 'collected>sent', 'collected>received',
    'collected>rejected', 'sent>received', 'sent>collected', 'sent>rejected', 'sent>lost', 'received>stored', 'received>rejected', 'stored>discarded')
BEGIN
    SELECT RAISE(ABORT, 'samples_moves');
END;
CREATE TRIGGER samples_versions BEFORE UPDATE ON lab_samples WHEN NEW.state <> OLD.state AND NEW.version <> OLD.version + 1
BEGIN
    SELECT RAISE(ABORT, 'samples_versions');
END;
CREATE TRIGGER samples_fixed BEFORE UPDATE ON lab_samples
WHEN (NEW.id, NEW.number, NEW.patient_id, NEW.clinic_id, NEW.requisition_id, NEW.specimen, NEW.expected_at, NEW.parent_id, NEW.recollection_of)
    IS NOT (OLD.id, OLD.number, OLD.patient_id, OLD.clinic_id, OLD.requisition_id, OLD.specimen, OLD.expected_at, OLD.parent_id, OLD.recollection_of)
BEGIN
    SELECT RAISE(ABORT, 'samples_fixed');
END;
CREATE TRIGGER samples_kept BEFORE DELETE ON lab_samples
BEGIN
    SELECT RAISE(ABORT, 'samples_fixed');
END;
CREATE TRIGGER samples_start BEFORE INSERT ON lab_samples WHEN NEW.state <> 'expected' AND NEW.origin = 'hospital' AND NEW.draw_id IS NULL
BEGIN
    SELECT RAISE(ABORT, 'samples_start');
END;
-- The requisition, the draw, the parent and the replaced sample are of the same patient.
CREATE TRIGGER aliquots_same_requisition BEFORE INSERT ON lab_samples
WHEN NOT EXISTS (SELECT 1 FROM requisitions r WHERE r.id = NEW.requisition_id AND r.patient_id = NEW.patient_id)
BEGIN
    SELECT RAISE(ABORT, 'aliquots_same_requisition');
END;
CREATE TRIGGER aliquots_same_patient BEFORE INSERT ON lab_samples
WHEN EXISTS (SELECT 1 FROM lab_samples p WHERE (p.id = NEW.parent_id OR p.id = NEW.recollection_of) AND p.patient_id <> NEW.patient_id)
BEGIN
    SELECT RAISE(ABORT, 'aliquots_same_patient');
END;
CREATE TRIGGER samples_same_patient BEFORE UPDATE OF draw_id ON lab_samples
WHEN NEW.draw_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM lab_draws d WHERE d.id = NEW.draw_id AND d.patient_id = NEW.patient_id)
BEGIN
    SELECT RAISE(ABORT, 'samples_same_patient');
END;
CREATE TRIGGER samples_same_patient_insert BEFORE INSERT ON lab_samples
WHEN NEW.draw_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM lab_draws d WHERE d.id = NEW.draw_id AND d.patient_id = NEW.patient_id)
BEGIN
    SELECT RAISE(ABORT, 'samples_same_patient');
END;

CREATE TRIGGER analyses_same_patient BEFORE INSERT ON lab_analyses
WHEN NOT EXISTS (SELECT 1 FROM lab_orders o WHERE o.order_id = NEW.order_id AND o.patient_id = NEW.patient_id)
    OR (NEW.sample_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM lab_samples s WHERE s.id = NEW.sample_id AND s.patient_id = NEW.patient_id))
BEGIN
    SELECT RAISE(ABORT, 'analyses_same_patient');
END;
CREATE TRIGGER analyses_same_patient_update BEFORE UPDATE OF sample_id ON lab_analyses
WHEN NEW.sample_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM lab_samples s WHERE s.id = NEW.sample_id AND s.patient_id = NEW.patient_id)
BEGIN
    SELECT RAISE(ABORT, 'analyses_same_patient');
END;
-- The state machine (lab::AnalysisAct). Anything else is refused.
CREATE TRIGGER analyses_moves BEFORE UPDATE ON lab_analyses
WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('waiting>ready', 'waiting>cancelled', 'ready>entered', 'ready>sent_out', 'ready>waiting',
    'ready>cancelled', 'sent_out>entered', 'sent_out>waiting', 'entered>checked', 'entered>ready', 'entered>waiting', 'checked>released',
    'checked>ready', 'checked>waiting')
BEGIN
    SELECT RAISE(ABORT, 'analyses_moves');
END;
CREATE TRIGGER analyses_versions BEFORE UPDATE ON lab_analyses WHEN NEW.state <> OLD.state AND NEW.version <> OLD.version + 1
BEGIN
    SELECT RAISE(ABORT, 'analyses_versions');
END;
CREATE TRIGGER analyses_fixed BEFORE UPDATE ON lab_analyses
WHEN (NEW.id, NEW.order_id, NEW.test_id, NEW.patient_id, NEW.clinic_id) IS NOT (OLD.id, OLD.order_id, OLD.test_id, OLD.patient_id, OLD.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'analyses_fixed');
END;
CREATE TRIGGER analyses_kept BEFORE DELETE ON lab_analyses
BEGIN
    SELECT RAISE(ABORT, 'analyses_fixed');
END;
-- An analysis is ready once its sample is received.
CREATE TRIGGER analyses_need_received_sample BEFORE UPDATE OF state ON lab_analyses
WHEN NEW.state = 'ready' AND OLD.state = 'waiting'
    AND NOT EXISTS (SELECT 1 FROM lab_samples s WHERE s.id = NEW.sample_id AND s.state IN ('received', 'stored'))
BEGIN
    SELECT RAISE(ABORT, 'results_need_received_sample');
END;
