-- Results as versions, calls of critical results, reports, and the doctor's review.

CREATE TABLE lab_results (
    id               UUID PRIMARY KEY NOT NULL,
    analysis_id      UUID NOT NULL,
    patient_id       UUID NOT NULL REFERENCES patients (id),
    clinic_id        UUID NOT NULL REFERENCES clinics (id),
    test_id          UUID NOT NULL REFERENCES lab_tests (id),
    version          BIGINT NOT NULL CHECK (version >= 1),
    kind             TEXT NOT NULL CHECK (kind IN ('quantity', 'choice', 'text', 'absent')),
    -- The value as it was typed or sent: "<0.010".
    value_text       TEXT NOT NULL DEFAULT '' CHECK (length(value_text) <= 40),
    millionths       BIGINT,
    comparator       TEXT NOT NULL DEFAULT '' CHECK (comparator IN ('', '<', '<=', '>', '>=')),
    choice_id        UUID REFERENCES lab_choices (id),
    absent_reason    TEXT CHECK (absent_reason IN ('insufficient', 'haemolysed', 'invalid', 'not_done')),
    -- The text of a result in words, and the comment.
    sealed           BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000),
    unit             TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 40),
    -- Empty: there is nothing to judge by. '?': a person must judge.
    flag             TEXT NOT NULL DEFAULT '' CHECK (flag IN ('', 'LL', 'L', 'N', 'H', 'HH', 'A', 'AA', '?')),
    range_low        BIGINT,
    range_high       BIGINT,
    critical_low     BIGINT,
    critical_high    BIGINT,
    range_text       TEXT NOT NULL DEFAULT '' CHECK (length(range_text) <= 200),
    -- Whether the head of the laboratory had confirmed the range.
    range_confirmed  BOOLEAN NOT NULL DEFAULT FALSE,
    sender_flag      TEXT NOT NULL DEFAULT '' CHECK (length(sender_flag) <= 10),
    -- The findings of the checks, separated by spaces.
    findings         TEXT NOT NULL DEFAULT '' CHECK (length(findings) <= 200),
    method           TEXT NOT NULL DEFAULT '' CHECK (length(method) <= 120),
    device           TEXT NOT NULL DEFAULT '' CHECK (length(device) <= 120),
    dilution         BIGINT NOT NULL DEFAULT 1 CHECK (dilution BETWEEN 1 AND 100000),
    measured_at      TIMESTAMPTZ NOT NULL,
    entered_at       TIMESTAMPTZ NOT NULL,
    entered_by       UUID NOT NULL REFERENCES users (id),
    checked_at       TIMESTAMPTZ,
    checked_by       UUID REFERENCES users (id),
    released_at      TIMESTAMPTZ,
    released_by      UUID REFERENCES users (id),
    autoreleased     BOOLEAN NOT NULL DEFAULT FALSE,
    single_handed    BOOLEAN NOT NULL DEFAULT FALSE,
    -- From this time on the patient sees it in the portal.
    portal_from      TIMESTAMPTZ,
    -- The reason for a version after the first that was released.
    correction       TEXT NOT NULL DEFAULT '' CHECK (length(correction) <= 500),
    superseded_at    TIMESTAMPTZ,
    UNIQUE (id, patient_id),
    CONSTRAINT results_versions UNIQUE (analysis_id, version),
    CONSTRAINT results_value_shape CHECK ((kind = 'quantity') = (millionths IS NOT NULL) AND (kind = 'choice') = (choice_id IS NOT NULL)
        AND (kind = 'absent') = (absent_reason IS NOT NULL) AND (kind = 'quantity' OR comparator = '')),
    CONSTRAINT results_unit CHECK (kind <> 'quantity' OR length(trim(unit)) > 0),
    CONSTRAINT results_by_somebody CHECK ((checked_at IS NULL) = (checked_by IS NULL) AND (released_at IS NULL) = (released_by IS NULL)),
    CONSTRAINT results_in_turn CHECK (measured_at <= entered_at AND (checked_at IS NULL OR checked_at >= entered_at)
        AND (released_at IS NULL OR (checked_at IS NOT NULL AND released_at >= checked_at))),
    CONSTRAINT results_two_people CHECK (released_by IS NULL OR released_by <> entered_by OR autoreleased OR single_handed),
    CONSTRAINT results_autoreleased CHECK (NOT autoreleased OR (flag = 'N' AND findings = '' AND range_confirmed)),
    CONSTRAINT portal_only_released CHECK (portal_from IS NULL OR (released_at IS NOT NULL AND portal_from >= released_at))
);
CREATE UNIQUE INDEX results_one_current ON lab_results (analysis_id) WHERE superseded_at IS NULL;
CREATE INDEX lab_results_by_patient ON lab_results (patient_id, test_id, measured_at);
CREATE INDEX lab_results_unreleased ON lab_results (clinic_id, checked_at) WHERE superseded_at IS NULL AND released_at IS NULL AND checked_at IS NOT NULL;
CREATE INDEX lab_results_latest ON lab_results (patient_id, measured_at) WHERE superseded_at IS NULL;

-- The results from which a calculated one follows.
CREATE TABLE lab_result_inputs (
    result_id  UUID NOT NULL REFERENCES lab_results (id),
    input_id   UUID NOT NULL REFERENCES lab_results (id),
    PRIMARY KEY (result_id, input_id)
);
CREATE INDEX lab_result_inputs_by_input ON lab_result_inputs (input_id);

CREATE TABLE lab_critical_calls (
    id              UUID PRIMARY KEY NOT NULL,
    result_id       UUID NOT NULL CONSTRAINT criticals_once UNIQUE,
    patient_id      UUID NOT NULL REFERENCES patients (id),
    clinic_id       UUID NOT NULL REFERENCES clinics (id),
    -- The value with its unit, as it was called.
    value           TEXT NOT NULL CHECK (length(trim(value)) > 0 AND length(value) <= 120),
    opened_at       TIMESTAMPTZ NOT NULL,
    -- 0: the orderer; 1 after 15, 2 after 30, 3 after 60 minutes.
    level           BIGINT NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 3),
    escalated_at    TIMESTAMPTZ,
    closed_at       TIMESTAMPTZ,
    closed_by       UUID REFERENCES users (id),
    -- The person who read the value back.
    read_back_name  TEXT NOT NULL DEFAULT '' CHECK (length(read_back_name) <= 120),
    -- The result was corrected before somebody was reached.
    corrected       BOOLEAN NOT NULL DEFAULT FALSE,
    CONSTRAINT criticals_closed CHECK ((closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL OR closed_at >= opened_at)),
    CONSTRAINT criticals_read_back CHECK (closed_at IS NULL OR corrected OR length(trim(read_back_name)) > 0)
);
CREATE INDEX lab_critical_calls_open ON lab_critical_calls (clinic_id, opened_at) WHERE closed_at IS NULL;
CREATE INDEX lab_critical_calls_closed ON lab_critical_calls (clinic_id, closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX lab_critical_calls_by_patient ON lab_critical_calls (patient_id, opened_at);

CREATE TABLE lab_call_attempts (
    id       UUID PRIMARY KEY NOT NULL,
    call_id  UUID NOT NULL REFERENCES lab_critical_calls (id),
    at       TIMESTAMPTZ NOT NULL,
    by_user  UUID NOT NULL REFERENCES users (id),
    whom     TEXT NOT NULL CHECK (length(trim(whom)) > 0 AND length(whom) <= 120),
    how      TEXT NOT NULL CHECK (how IN ('phone', 'in_person', 'message')),
    outcome  TEXT NOT NULL CHECK (outcome IN ('read_back', 'no_read_back', 'not_reached'))
);
CREATE INDEX lab_call_attempts_by_call ON lab_call_attempts (call_id, at);

-- A report of a requisition. A later version replaces the one before.
CREATE TABLE lab_reports (
    id              UUID PRIMARY KEY NOT NULL,
    requisition_id  UUID NOT NULL,
    patient_id      UUID NOT NULL REFERENCES patients (id),
    clinic_id       UUID NOT NULL REFERENCES clinics (id),
    version         BIGINT NOT NULL CHECK (version >= 1),
    state           TEXT NOT NULL CHECK (state IN ('partial', 'final', 'corrected')),
    -- SHA-256 of its results, in the order of their ids.
    digest          TEXT NOT NULL CHECK (length(digest) = 64),
    created_at      TIMESTAMPTZ NOT NULL,
    created_by      UUID NOT NULL REFERENCES users (id),
    UNIQUE (id, patient_id),
    CONSTRAINT lab_reports_versions UNIQUE (requisition_id, version)
);
CREATE INDEX lab_reports_by_patient ON lab_reports (patient_id, created_at);
CREATE TABLE lab_report_results (
    report_id  UUID NOT NULL REFERENCES lab_reports (id),
    result_id  UUID NOT NULL REFERENCES lab_results (id),
    PRIMARY KEY (report_id, result_id)
);
CREATE INDEX lab_report_results_by_result ON lab_report_results (result_id);

-- A report that its doctor signs.
CREATE TABLE lab_reviews (
    id            UUID PRIMARY KEY NOT NULL,
    report_id     UUID NOT NULL CONSTRAINT reviews_once UNIQUE,
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    clinician_id  UUID NOT NULL REFERENCES users (id),
    weight        TEXT NOT NULL CHECK (weight IN ('critical', 'abnormal', 'normal')),
    state         TEXT NOT NULL CHECK (state IN ('new', 'seen', 'signed', 'replaced')),
    due_at        TIMESTAMPTZ NOT NULL,
    escalated_at  TIMESTAMPTZ,
    action        TEXT CHECK (action IN ('none', 'patient_told', 'repeat', 'follow_up', 'refer')),
    created_at    TIMESTAMPTZ NOT NULL,
    seen_at       TIMESTAMPTZ,
    signed_at     TIMESTAMPTZ,
    signed_by     UUID REFERENCES users (id),
    CONSTRAINT reviews_signed CHECK ((state = 'signed') = (signed_at IS NOT NULL) AND (signed_at IS NULL) = (signed_by IS NULL)
        AND (signed_at IS NULL) = (action IS NULL)),
    CONSTRAINT reviews_seen CHECK (state <> 'seen' OR seen_at IS NOT NULL)
);
CREATE INDEX lab_reviews_inbox ON lab_reviews (clinician_id, due_at) WHERE state = 'new' OR state = 'seen';
CREATE INDEX lab_reviews_open ON lab_reviews (clinic_id, due_at) WHERE state = 'new' OR state = 'seen';
CREATE INDEX lab_reviews_by_patient ON lab_reviews (patient_id, created_at);

ALTER TABLE lab_results ADD CONSTRAINT results_same_patient FOREIGN KEY (analysis_id, patient_id) REFERENCES lab_analyses (id, patient_id);
ALTER TABLE lab_critical_calls ADD CONSTRAINT criticals_same_patient FOREIGN KEY (result_id, patient_id) REFERENCES lab_results (id, patient_id);
ALTER TABLE lab_reports ADD CONSTRAINT lab_reports_same_patient FOREIGN KEY (requisition_id, patient_id)
    REFERENCES requisitions (id, patient_id);
ALTER TABLE lab_reviews ADD CONSTRAINT reviews_same_patient FOREIGN KEY (report_id, patient_id) REFERENCES lab_reports (id, patient_id);

SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['lab_results', 'lab_critical_calls', 'lab_reports', 'lab_reviews']::regclass[]) AS guarded;
ALTER TABLE lab_result_inputs ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON lab_result_inputs USING (EXISTS (SELECT 1 FROM lab_results r WHERE r.id = lab_result_inputs.result_id OFFSET 0));
ALTER TABLE lab_call_attempts ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON lab_call_attempts USING (EXISTS (SELECT 1 FROM lab_critical_calls c WHERE c.id = lab_call_attempts.call_id OFFSET 0));
ALTER TABLE lab_report_results ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON lab_report_results USING (EXISTS (SELECT 1 FROM lab_reports p WHERE p.id = lab_report_results.report_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON lab_results, lab_result_inputs, lab_critical_calls, lab_call_attempts, lab_reports, lab_report_results, lab_reviews
FROM infirmary_app;
REVOKE UPDATE ON lab_result_inputs, lab_call_attempts, lab_reports, lab_report_results FROM infirmary_app;

-- A result needs a sample that was received; one of the point of care does not. The function reads as its owner.
CREATE FUNCTION results_need_received_sample() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM lab_analyses a JOIN lab_samples s ON s.id = a.sample_id
        WHERE a.id = NEW.analysis_id AND (s.state IN ('received', 'stored', 'discarded') OR s.origin = 'point_of_care')) THEN
        PERFORM refuse('results_need_received_sample');
    END IF;
    IF NOT EXISTS (SELECT 1 FROM lab_analyses a WHERE a.id = NEW.analysis_id AND a.clinic_id = NEW.clinic_id AND a.test_id = NEW.test_id) THEN
        PERFORM refuse('results_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER results_start AFTER INSERT ON lab_results FOR EACH ROW
WHEN (NEW.checked_at IS NOT NULL OR NEW.released_at IS NOT NULL OR NEW.superseded_at IS NOT NULL) EXECUTE FUNCTION row_fixed('results_frozen');
CREATE TRIGGER results_need_received_sample BEFORE INSERT ON lab_results FOR EACH ROW EXECUTE FUNCTION results_need_received_sample();
-- A result stays what it is: only its stamps are set, each once, and a later version replaces it. The function reads as its owner.
CREATE FUNCTION refuse_result_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('results_frozen');
    END IF;
    IF (NEW.id, NEW.analysis_id, NEW.patient_id, NEW.clinic_id, NEW.test_id, NEW.version, NEW.kind, NEW.value_text, NEW.millionths,
        NEW.comparator, NEW.choice_id, NEW.absent_reason, NEW.unit, NEW.flag, NEW.range_low, NEW.range_high, NEW.critical_low,
        NEW.critical_high, NEW.range_text, NEW.range_confirmed, NEW.sender_flag, NEW.findings, NEW.method, NEW.device,
        NEW.dilution, NEW.measured_at, NEW.entered_at, NEW.entered_by, NEW.correction)
        IS DISTINCT FROM (OLD.id, OLD.analysis_id, OLD.patient_id, OLD.clinic_id, OLD.test_id, OLD.version, OLD.kind, OLD.value_text, OLD.millionths,
        OLD.comparator, OLD.choice_id, OLD.absent_reason, OLD.unit, OLD.flag, OLD.range_low, OLD.range_high, OLD.critical_low,
        OLD.critical_high, OLD.range_text, OLD.range_confirmed, OLD.sender_flag, OLD.findings, OLD.method, OLD.device,
        OLD.dilution, OLD.measured_at, OLD.entered_at, OLD.entered_by, OLD.correction)
        OR (OLD.checked_at IS NOT NULL AND (NEW.checked_at, NEW.checked_by) IS DISTINCT FROM (OLD.checked_at, OLD.checked_by))
        OR (OLD.released_at IS NOT NULL AND (NEW.released_at, NEW.released_by, NEW.autoreleased, NEW.single_handed)
            IS DISTINCT FROM (OLD.released_at, OLD.released_by, OLD.autoreleased, OLD.single_handed))
        OR (OLD.superseded_at IS NOT NULL AND (NEW.superseded_at, NEW.released_at) IS DISTINCT FROM (OLD.superseded_at, OLD.released_at)) THEN
        PERFORM refuse('results_frozen');
    END IF;
    IF NEW.single_handed AND NOT OLD.single_handed
        AND NOT EXISTS (SELECT 1 FROM lab_settings s WHERE s.clinic_id = NEW.clinic_id AND s.single_handed) THEN
        PERFORM refuse('results_two_people');
    END IF;
    IF NEW.released_at IS NOT NULL AND OLD.released_at IS NULL THEN
        -- A correction of an input at the same moment waits for this release, or this one sees it.
        PERFORM 1 FROM lab_result_inputs i JOIN lab_results r ON r.id = i.input_id WHERE i.result_id = NEW.id FOR SHARE OF r;
        IF EXISTS (SELECT 1 FROM lab_result_inputs i JOIN lab_results r ON r.id = i.input_id
            WHERE i.result_id = NEW.id AND r.superseded_at IS NOT NULL) THEN
            PERFORM refuse('results_inputs_current');
        END IF;
        IF NEW.flag IN ('LL', 'HH', 'AA') AND NOT EXISTS (SELECT 1 FROM lab_critical_calls c WHERE c.result_id = NEW.id) THEN
            PERFORM refuse('criticals_called');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER results_frozen BEFORE UPDATE OR DELETE ON lab_results FOR EACH ROW EXECUTE FUNCTION refuse_result_change();
CREATE TRIGGER lab_results_key_open_insert AFTER INSERT ON lab_results REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER lab_results_key_open_update BEFORE UPDATE OF sealed ON lab_results
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE FUNCTION lab_result_inputs_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM lab_results r JOIN lab_results i ON i.patient_id = r.patient_id
        WHERE r.id = NEW.result_id AND i.id = NEW.input_id) THEN
        PERFORM refuse('results_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lab_result_inputs_same_patient BEFORE INSERT ON lab_result_inputs
FOR EACH ROW EXECUTE FUNCTION lab_result_inputs_same_patient();
CREATE TRIGGER lab_result_inputs_fixed BEFORE UPDATE OR DELETE ON lab_result_inputs FOR EACH ROW EXECUTE FUNCTION row_fixed('results_frozen');

-- A call is of a critical result that was checked, of the same patient. The function reads as its owner.
CREATE FUNCTION criticals_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM lab_results r WHERE r.id = NEW.result_id AND r.patient_id = NEW.patient_id AND r.flag IN ('LL', 'HH', 'AA')
        AND r.checked_at IS NOT NULL) THEN
        PERFORM refuse('criticals_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER criticals_of_critical BEFORE INSERT ON lab_critical_calls FOR EACH ROW EXECUTE FUNCTION criticals_same_patient();
CREATE TRIGGER criticals_frozen BEFORE UPDATE ON lab_critical_calls FOR EACH ROW
WHEN ((NEW.id, NEW.result_id, NEW.patient_id, NEW.clinic_id, NEW.value, NEW.opened_at)
        IS DISTINCT FROM (OLD.id, OLD.result_id, OLD.patient_id, OLD.clinic_id, OLD.value, OLD.opened_at)
    OR OLD.closed_at IS NOT NULL OR NEW.level < OLD.level)
EXECUTE FUNCTION row_fixed('criticals_frozen');
CREATE TRIGGER criticals_kept BEFORE DELETE ON lab_critical_calls FOR EACH ROW EXECUTE FUNCTION row_fixed('criticals_frozen');
CREATE TRIGGER lab_call_attempts_fixed BEFORE UPDATE OR DELETE ON lab_call_attempts FOR EACH ROW EXECUTE FUNCTION row_fixed('criticals_frozen');

CREATE TRIGGER lab_reports_frozen BEFORE UPDATE OR DELETE ON lab_reports FOR EACH ROW EXECUTE FUNCTION row_fixed('lab_reports_frozen');
-- A report has released results of its patient. The function reads as its owner.
CREATE FUNCTION lab_report_results_released() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM lab_results r JOIN lab_reports p ON p.patient_id = r.patient_id
        WHERE r.id = NEW.result_id AND p.id = NEW.report_id AND r.released_at IS NOT NULL) THEN
        PERFORM refuse('lab_report_results_released');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lab_report_results_released BEFORE INSERT ON lab_report_results FOR EACH ROW EXECUTE FUNCTION lab_report_results_released();
CREATE TRIGGER lab_report_results_fixed BEFORE UPDATE OR DELETE ON lab_report_results
FOR EACH ROW EXECUTE FUNCTION row_fixed('lab_reports_frozen');
-- A signed review stays.
CREATE TRIGGER reviews_frozen BEFORE UPDATE ON lab_reviews FOR EACH ROW
WHEN ((NEW.id, NEW.report_id, NEW.patient_id, NEW.clinic_id, NEW.weight, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.report_id, OLD.patient_id, OLD.clinic_id, OLD.weight, OLD.created_at)
    OR OLD.state IN ('signed', 'replaced'))
EXECUTE FUNCTION row_fixed('reviews_frozen');
CREATE TRIGGER reviews_kept BEFORE DELETE ON lab_reviews FOR EACH ROW EXECUTE FUNCTION row_fixed('reviews_frozen');
