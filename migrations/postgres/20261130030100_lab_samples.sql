-- Orders of the laboratory, draws, samples, and the tests to do for each order.

-- The laboratory's part of an order: one test or one panel.
CREATE TABLE lab_orders (
    order_id     UUID PRIMARY KEY NOT NULL REFERENCES orders (id),
    patient_id   UUID NOT NULL REFERENCES patients (id),
    test_id      UUID REFERENCES lab_tests (id),
    panel_id     UUID REFERENCES lab_panels (id),
    fasting      TEXT NOT NULL DEFAULT 'unknown' CHECK (fasting IN ('yes', 'no', 'unknown')),
    wanted_from  TIMESTAMPTZ,
    CONSTRAINT lab_orders_one CHECK ((test_id IS NULL) <> (panel_id IS NULL)),
    UNIQUE (order_id, patient_id)
);

-- One collection from a patient: the tubes that were filled at once.
CREATE TABLE lab_draws (
    id             UUID PRIMARY KEY NOT NULL,
    patient_id     UUID NOT NULL REFERENCES patients (id),
    clinic_id      UUID NOT NULL REFERENCES clinics (id),
    drawn_at       TIMESTAMPTZ NOT NULL,
    drawn_by       UUID NOT NULL REFERENCES users (id),
    place          TEXT NOT NULL DEFAULT '' CHECK (length(place) <= 120),
    identified_by  TEXT NOT NULL CHECK (identified_by IN ('wristband', 'name_and_birth', 'card')),
    UNIQUE (id, patient_id)
);
CREATE INDEX lab_draws_by_patient ON lab_draws (patient_id, drawn_at);

CREATE TABLE lab_samples (
    id                UUID PRIMARY KEY NOT NULL,
    -- Twelve digits: year, day of the year, the number in the series of both, and a check digit.
    number            TEXT NOT NULL CONSTRAINT samples_number UNIQUE CHECK (length(number) = 12),
    patient_id        UUID NOT NULL REFERENCES patients (id),
    clinic_id         UUID NOT NULL REFERENCES clinics (id),
    requisition_id    UUID NOT NULL,
    specimen          TEXT NOT NULL CHECK (specimen IN ('blood', 'serum', 'plasma', 'arterial', 'capillary', 'urine', 'urine_24h', 'stool',
                          'sputum', 'csf', 'swab', 'tissue', 'fluid')),
    container_id      UUID NOT NULL REFERENCES lab_containers (id),
    priority          TEXT NOT NULL CHECK (priority IN ('routine', 'urgent', 'asap', 'stat')),
    -- The place where the patient is expected: a ward or the service of the visit.
    place             TEXT NOT NULL DEFAULT '' CHECK (length(place) <= 120),
    wanted_from       TIMESTAMPTZ NOT NULL,
    origin            TEXT NOT NULL DEFAULT 'hospital' CHECK (origin IN ('hospital', 'home', 'point_of_care', 'outside')),
    state             TEXT NOT NULL CHECK (state IN ('expected', 'collected', 'sent', 'received', 'stored', 'discarded', 'not_collected', 'rejected', 'lost')),
    draw_id           UUID,
    site              TEXT NOT NULL DEFAULT '' CHECK (length(site) <= 80),
    label_printed_at  TIMESTAMPTZ,
    expected_at       TIMESTAMPTZ NOT NULL,
    collected_at      TIMESTAMPTZ,
    collected_by      UUID REFERENCES users (id),
    sent_at           TIMESTAMPTZ,
    sent_by           UUID REFERENCES users (id),
    received_at       TIMESTAMPTZ,
    received_by       UUID REFERENCES users (id),
    stored_at         TIMESTAMPTZ,
    stored_by         UUID REFERENCES users (id),
    stored_place      TEXT NOT NULL DEFAULT '' CHECK (length(stored_place) <= 120),
    discarded_at      TIMESTAMPTZ,
    discarded_by      UUID REFERENCES users (id),
    -- The sample that an aliquot was taken from.
    parent_id         UUID,
    -- The sample that this one replaces.
    recollection_of   UUID,
    -- Haemolysis, icterus and lipaemia, 0 to 4.
    index_h           BIGINT CHECK (index_h BETWEEN 0 AND 4),
    index_i           BIGINT CHECK (index_i BETWEEN 0 AND 4),
    index_l           BIGINT CHECK (index_l BETWEEN 0 AND 4),
    rejection         TEXT CHECK (rejection IN ('haemolysed', 'clotted', 'insufficient', 'wrong_container', 'unlabelled', 'mislabelled', 'delayed',
                          'contaminated', 'lipaemic', 'leaking', 'other')),
    stop_note         TEXT NOT NULL DEFAULT '' CHECK (length(stop_note) <= 500),
    stopped_at        TIMESTAMPTZ,
    stopped_by        UUID REFERENCES users (id),
    version           BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at        TIMESTAMPTZ NOT NULL,
    updated_by        UUID NOT NULL REFERENCES users (id),
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
);
CREATE INDEX lab_samples_expected ON lab_samples (clinic_id, wanted_from) WHERE state = 'expected';
CREATE INDEX lab_samples_under_way ON lab_samples (clinic_id, collected_at) WHERE state = 'collected' OR state = 'sent';
CREATE INDEX lab_samples_by_requisition ON lab_samples (requisition_id);
CREATE INDEX lab_samples_by_patient ON lab_samples (patient_id, expected_at);
CREATE INDEX lab_samples_by_draw ON lab_samples (draw_id) WHERE draw_id IS NOT NULL;
CREATE UNIQUE INDEX samples_recollected_once ON lab_samples (recollection_of) WHERE recollection_of IS NOT NULL;

-- One test to do for an order.
CREATE TABLE lab_analyses (
    id           UUID PRIMARY KEY NOT NULL,
    order_id     UUID NOT NULL,
    test_id      UUID NOT NULL REFERENCES lab_tests (id),
    patient_id   UUID NOT NULL REFERENCES patients (id),
    clinic_id    UUID NOT NULL REFERENCES clinics (id),
    sample_id    UUID,
    bench        TEXT NOT NULL CHECK (length(trim(bench)) > 0 AND length(bench) <= 40),
    priority     TEXT NOT NULL CHECK (priority IN ('routine', 'urgent', 'asap', 'stat')),
    -- Set when the sample is received: the turnaround begins then.
    due_at       TIMESTAMPTZ,
    -- The laboratory outside that does it.
    outside      TEXT NOT NULL DEFAULT '' CHECK (length(outside) <= 120),
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'sent_out', 'entered', 'checked', 'released', 'cancelled')),
    stop_reason  TEXT NOT NULL DEFAULT '' CHECK (length(stop_reason) <= 500),
    version      BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at   TIMESTAMPTZ NOT NULL,
    updated_by   UUID NOT NULL REFERENCES users (id),
    UNIQUE (id, patient_id),
    CONSTRAINT analyses_ready CHECK (state = 'waiting' OR state = 'cancelled' OR sample_id IS NOT NULL),
    CONSTRAINT analyses_due CHECK (state = 'waiting' OR state = 'cancelled' OR due_at IS NOT NULL),
    CONSTRAINT analyses_sent_out CHECK (state <> 'sent_out' OR length(trim(outside)) > 0),
    CONSTRAINT analyses_reasoned CHECK ((state = 'cancelled') = (length(trim(stop_reason)) > 0))
);
CREATE UNIQUE INDEX analyses_one_live ON lab_analyses (order_id, test_id) WHERE state <> 'cancelled';
CREATE INDEX lab_analyses_open ON lab_analyses (clinic_id, bench, due_at) WHERE state IN ('ready', 'entered', 'checked', 'sent_out');
CREATE INDEX lab_analyses_by_sample ON lab_analyses (sample_id) WHERE sample_id IS NOT NULL;
CREATE INDEX lab_analyses_by_test ON lab_analyses (test_id) WHERE state NOT IN ('released', 'cancelled');
CREATE INDEX lab_analyses_by_order ON lab_analyses (order_id);
CREATE INDEX lab_analyses_by_patient ON lab_analyses (patient_id, test_id);

ALTER TABLE lab_samples ADD CONSTRAINT aliquots_same_requisition FOREIGN KEY (requisition_id, patient_id)
    REFERENCES requisitions (id, patient_id);
ALTER TABLE lab_samples ADD CONSTRAINT samples_same_patient FOREIGN KEY (draw_id, patient_id) REFERENCES lab_draws (id, patient_id);
ALTER TABLE lab_samples ADD CONSTRAINT aliquots_same_patient FOREIGN KEY (parent_id, patient_id) REFERENCES lab_samples (id, patient_id);
ALTER TABLE lab_samples ADD CONSTRAINT recollections_same_patient FOREIGN KEY (recollection_of, patient_id)
    REFERENCES lab_samples (id, patient_id);
ALTER TABLE lab_analyses ADD CONSTRAINT analyses_same_patient FOREIGN KEY (sample_id, patient_id) REFERENCES lab_samples (id, patient_id);
ALTER TABLE lab_analyses ADD CONSTRAINT analyses_of_order FOREIGN KEY (order_id, patient_id) REFERENCES lab_orders (order_id, patient_id);

SELECT guard_rows('lab_orders');
SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['lab_draws', 'lab_samples', 'lab_analyses']::regclass[]) AS guarded;
REVOKE DELETE, TRUNCATE ON lab_orders, lab_draws, lab_samples, lab_analyses FROM infirmary_app;

-- The order is of the laboratory's kind and of the same patient. The function reads as its owner.
CREATE FUNCTION lab_orders_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = NEW.order_id AND o.patient_id = NEW.patient_id AND o.kind = 'laboratory') THEN
        PERFORM refuse('lab_orders_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lab_orders_same_patient BEFORE INSERT ON lab_orders FOR EACH ROW EXECUTE FUNCTION lab_orders_same_patient();
CREATE TRIGGER lab_orders_fixed BEFORE UPDATE OR DELETE ON lab_orders FOR EACH ROW EXECUTE FUNCTION row_fixed('lab_orders_fixed');
CREATE TRIGGER lab_draws_fixed BEFORE UPDATE OR DELETE ON lab_draws FOR EACH ROW EXECUTE FUNCTION row_fixed('lab_draws_fixed');

-- The state machine (lab::SampleAct). Anything else is refused.
CREATE FUNCTION refuse_sample_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('samples_fixed');
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('expected>collected', 'expected>not_collected', 'collected>sent', 'collected>received',
    'collected>rejected', 'sent>received', 'sent>collected', 'sent>rejected', 'sent>lost', 'received>stored', 'received>rejected', 'stored>discarded') THEN
        PERFORM refuse('samples_moves');
    END IF;
    IF NEW.state <> OLD.state AND NEW.version <> OLD.version + 1 THEN
        PERFORM refuse('samples_versions');
    END IF;
    IF (NEW.id, NEW.number, NEW.patient_id, NEW.clinic_id, NEW.requisition_id, NEW.specimen, NEW.expected_at, NEW.parent_id, NEW.recollection_of)
        IS DISTINCT FROM (OLD.id, OLD.number, OLD.patient_id, OLD.clinic_id, OLD.requisition_id, OLD.specimen, OLD.expected_at, OLD.parent_id,
            OLD.recollection_of) THEN
        PERFORM refuse('samples_fixed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER samples_moves BEFORE UPDATE OR DELETE ON lab_samples FOR EACH ROW EXECUTE FUNCTION refuse_sample_change();
CREATE TRIGGER samples_start BEFORE INSERT ON lab_samples FOR EACH ROW
WHEN (NEW.state <> 'expected' AND NEW.origin = 'hospital' AND NEW.draw_id IS NULL) EXECUTE FUNCTION row_fixed('samples_start');

-- The state machine (lab::AnalysisAct). Anything else is refused. The function reads as its owner.
CREATE FUNCTION refuse_analysis_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('analyses_fixed');
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('waiting>ready', 'waiting>cancelled', 'ready>entered', 'ready>sent_out', 'ready>waiting',
    'ready>cancelled', 'sent_out>entered', 'sent_out>waiting', 'entered>checked', 'entered>ready', 'entered>waiting', 'checked>released',
    'checked>ready', 'checked>waiting') THEN
        PERFORM refuse('analyses_moves');
    END IF;
    IF NEW.state <> OLD.state AND NEW.version <> OLD.version + 1 THEN
        PERFORM refuse('analyses_versions');
    END IF;
    IF (NEW.id, NEW.order_id, NEW.test_id, NEW.patient_id, NEW.clinic_id)
        IS DISTINCT FROM (OLD.id, OLD.order_id, OLD.test_id, OLD.patient_id, OLD.clinic_id) THEN
        PERFORM refuse('analyses_fixed');
    END IF;
    -- An analysis is ready once its sample is received. The lock lets a rejection at the same moment wait.
    IF NEW.state = 'ready' AND OLD.state = 'waiting' THEN
        PERFORM 1 FROM lab_samples s WHERE s.id = NEW.sample_id AND s.state IN ('received', 'stored') FOR SHARE;
        IF NOT FOUND THEN
            PERFORM refuse('results_need_received_sample');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER analyses_moves BEFORE UPDATE OR DELETE ON lab_analyses FOR EACH ROW EXECUTE FUNCTION refuse_analysis_change();
