-- Results as versions, calls of critical results, reports, and the doctor's review.

CREATE TABLE lab_results (
    id               BLOB PRIMARY KEY NOT NULL,
    analysis_id      BLOB NOT NULL,
    patient_id       BLOB NOT NULL REFERENCES patients (id),
    clinic_id        BLOB NOT NULL REFERENCES clinics (id),
    test_id          BLOB NOT NULL REFERENCES lab_tests (id),
    version          INTEGER NOT NULL CHECK (version >= 1),
    kind             TEXT NOT NULL CHECK (kind IN ('quantity', 'choice', 'text', 'absent')),
    -- The value as it was typed or sent: "<0.010".
    value_text       TEXT NOT NULL DEFAULT '' CHECK (length(value_text) <= 40),
    millionths       INTEGER,
    comparator       TEXT NOT NULL DEFAULT '' CHECK (comparator IN ('', '<', '<=', '>', '>=')),
    choice_id        BLOB REFERENCES lab_choices (id),
    absent_reason    TEXT CHECK (absent_reason IN ('insufficient', 'haemolysed', 'invalid', 'not_done')),
    -- The text of a result in words, and the comment.
    sealed           BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 200000),
    unit             TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 40),
    -- Empty: there is nothing to judge by. '?': a person must judge.
    flag             TEXT NOT NULL DEFAULT '' CHECK (flag IN ('', 'LL', 'L', 'N', 'H', 'HH', 'A', 'AA', '?')),
    range_low        INTEGER,
    range_high       INTEGER,
    critical_low     INTEGER,
    critical_high    INTEGER,
    range_text       TEXT NOT NULL DEFAULT '' CHECK (length(range_text) <= 200),
    -- Whether the head of the laboratory had confirmed the range.
    range_confirmed  INTEGER NOT NULL DEFAULT 0 CHECK (range_confirmed IN (0, 1)),
    sender_flag      TEXT NOT NULL DEFAULT '' CHECK (length(sender_flag) <= 10),
    -- The findings of the checks, separated by spaces.
    findings         TEXT NOT NULL DEFAULT '' CHECK (length(findings) <= 200),
    method           TEXT NOT NULL DEFAULT '' CHECK (length(method) <= 120),
    device           TEXT NOT NULL DEFAULT '' CHECK (length(device) <= 120),
    dilution         INTEGER NOT NULL DEFAULT 1 CHECK (dilution BETWEEN 1 AND 100000),
    measured_at      TEXT NOT NULL,
    entered_at       TEXT NOT NULL,
    entered_by       BLOB NOT NULL REFERENCES users (id),
    checked_at       TEXT,
    checked_by       BLOB REFERENCES users (id),
    released_at      TEXT,
    released_by      BLOB REFERENCES users (id),
    autoreleased     INTEGER NOT NULL DEFAULT 0 CHECK (autoreleased IN (0, 1)),
    single_handed    INTEGER NOT NULL DEFAULT 0 CHECK (single_handed IN (0, 1)),
    -- From this time on the patient sees it in the portal.
    portal_from      TEXT,
    -- The reason for a version after the first that was released.
    correction       TEXT NOT NULL DEFAULT '' CHECK (length(correction) <= 500),
    superseded_at    TEXT,
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
) STRICT;
CREATE UNIQUE INDEX results_one_current ON lab_results (analysis_id) WHERE superseded_at IS NULL;
CREATE INDEX lab_results_by_patient ON lab_results (patient_id, test_id, measured_at);
CREATE INDEX lab_results_unreleased ON lab_results (clinic_id, checked_at) WHERE superseded_at IS NULL AND released_at IS NULL AND checked_at IS NOT NULL;
CREATE INDEX lab_results_latest ON lab_results (patient_id, measured_at) WHERE superseded_at IS NULL;

-- The results from which a calculated one follows.
CREATE TABLE lab_result_inputs (
    result_id  BLOB NOT NULL REFERENCES lab_results (id),
    input_id   BLOB NOT NULL REFERENCES lab_results (id),
    PRIMARY KEY (result_id, input_id)
) STRICT;
CREATE INDEX lab_result_inputs_by_input ON lab_result_inputs (input_id);

CREATE TABLE lab_critical_calls (
    id              BLOB PRIMARY KEY NOT NULL,
    result_id       BLOB NOT NULL CONSTRAINT criticals_once UNIQUE,
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    -- The value with its unit, as it was called.
    value           TEXT NOT NULL CHECK (length(trim(value)) > 0 AND length(value) <= 120),
    opened_at       TEXT NOT NULL,
    -- 0: the orderer; 1 after 15, 2 after 30, 3 after 60 minutes.
    level           INTEGER NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 3),
    escalated_at    TEXT,
    closed_at       TEXT,
    closed_by       BLOB REFERENCES users (id),
    -- The person who read the value back.
    read_back_name  TEXT NOT NULL DEFAULT '' CHECK (length(read_back_name) <= 120),
    -- The result was corrected before somebody was reached.
    corrected       INTEGER NOT NULL DEFAULT 0 CHECK (corrected IN (0, 1)),
    CONSTRAINT criticals_closed CHECK ((closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL OR closed_at >= opened_at)),
    CONSTRAINT criticals_read_back CHECK (closed_at IS NULL OR corrected OR length(trim(read_back_name)) > 0)
) STRICT;
CREATE INDEX lab_critical_calls_open ON lab_critical_calls (clinic_id, opened_at) WHERE closed_at IS NULL;
CREATE INDEX lab_critical_calls_closed ON lab_critical_calls (clinic_id, closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX lab_critical_calls_by_patient ON lab_critical_calls (patient_id, opened_at);

CREATE TABLE lab_call_attempts (
    id       BLOB PRIMARY KEY NOT NULL,
    call_id  BLOB NOT NULL REFERENCES lab_critical_calls (id),
    at       TEXT NOT NULL,
    by_user  BLOB NOT NULL REFERENCES users (id),
    whom     TEXT NOT NULL CHECK (length(trim(whom)) > 0 AND length(whom) <= 120),
    how      TEXT NOT NULL CHECK (how IN ('phone', 'in_person', 'message')),
    outcome  TEXT NOT NULL CHECK (outcome IN ('read_back', 'no_read_back', 'not_reached'))
) STRICT;
CREATE INDEX lab_call_attempts_by_call ON lab_call_attempts (call_id, at);

-- A report of a requisition. A later version replaces the one before.
CREATE TABLE lab_reports (
    id              BLOB PRIMARY KEY NOT NULL,
    requisition_id  BLOB NOT NULL,
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    version         INTEGER NOT NULL CHECK (version >= 1),
    state           TEXT NOT NULL CHECK (state IN ('partial', 'final', 'corrected')),
    -- SHA-256 of its results, in the order of their ids.
    digest          TEXT NOT NULL CHECK (length(digest) = 64),
    created_at      TEXT NOT NULL,
    created_by      BLOB NOT NULL REFERENCES users (id),
    UNIQUE (id, patient_id),
    CONSTRAINT lab_reports_versions UNIQUE (requisition_id, version)
) STRICT;
CREATE INDEX lab_reports_by_patient ON lab_reports (patient_id, created_at);
CREATE TABLE lab_report_results (
    report_id  BLOB NOT NULL REFERENCES lab_reports (id),
    result_id  BLOB NOT NULL REFERENCES lab_results (id),
    PRIMARY KEY (report_id, result_id)
) STRICT;
CREATE INDEX lab_report_results_by_result ON lab_report_results (result_id);

-- A report that its doctor signs.
CREATE TABLE lab_reviews (
    id            BLOB PRIMARY KEY NOT NULL,
    report_id     BLOB NOT NULL CONSTRAINT reviews_once UNIQUE,
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    clinician_id  BLOB NOT NULL REFERENCES users (id),
    weight        TEXT NOT NULL CHECK (weight IN ('critical', 'abnormal', 'normal')),
    state         TEXT NOT NULL CHECK (state IN ('new', 'seen', 'signed', 'replaced')),
    due_at        TEXT NOT NULL,
    escalated_at  TEXT,
    action        TEXT CHECK (action IN ('none', 'patient_told', 'repeat', 'follow_up', 'refer')),
    created_at    TEXT NOT NULL,
    seen_at       TEXT,
    signed_at     TEXT,
    signed_by     BLOB REFERENCES users (id),
    CONSTRAINT reviews_signed CHECK ((state = 'signed') = (signed_at IS NOT NULL) AND (signed_at IS NULL) = (signed_by IS NULL)
        AND (signed_at IS NULL) = (action IS NULL)),
    CONSTRAINT reviews_seen CHECK (state <> 'seen' OR seen_at IS NOT NULL)
) STRICT;
CREATE INDEX lab_reviews_inbox ON lab_reviews (clinician_id, due_at) WHERE state = 'new' OR state = 'seen';
CREATE INDEX lab_reviews_open ON lab_reviews (clinic_id, due_at) WHERE state = 'new' OR state = 'seen';
CREATE INDEX lab_reviews_by_patient ON lab_reviews (patient_id, created_at);

CREATE TRIGGER results_same_patient BEFORE INSERT ON lab_results
WHEN NOT EXISTS (SELECT 1 FROM lab_analyses a WHERE a.id = NEW.analysis_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id
    AND a.test_id = NEW.test_id)
BEGIN
    SELECT RAISE(ABORT, 'results_same_patient');
END;
-- A result needs a sample that was received; one of the point of care does not.
CREATE TRIGGER results_need_received_sample BEFORE INSERT ON lab_results
WHEN NOT EXISTS (SELECT 1 FROM lab_analyses a JOIN lab_samples s ON s.id = a.sample_id
    WHERE a.id = NEW.analysis_id AND (s.state IN ('received', 'stored', 'discarded') OR s.origin = 'point_of_care'))
BEGIN
    SELECT RAISE(ABORT, 'results_need_received_sample');
END;
CREATE TRIGGER results_start BEFORE INSERT ON lab_results WHEN NEW.checked_at IS NOT NULL OR NEW.released_at IS NOT NULL OR NEW.superseded_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'results_frozen');
END;
-- A result stays what it is: only its stamps are set, each once, and a later version replaces it.
CREATE TRIGGER results_frozen BEFORE UPDATE ON lab_results
WHEN (NEW.id, NEW.analysis_id, NEW.patient_id, NEW.clinic_id, NEW.test_id, NEW.version, NEW.kind, NEW.value_text, NEW.millionths,
        NEW.comparator, NEW.choice_id, NEW.absent_reason, NEW.unit, NEW.flag, NEW.range_low, NEW.range_high, NEW.critical_low,
        NEW.critical_high, NEW.range_text, NEW.range_confirmed, NEW.sender_flag, NEW.findings, NEW.method, NEW.device,
        NEW.dilution, NEW.measured_at, NEW.entered_at, NEW.entered_by, NEW.correction)
    IS NOT (OLD.id, OLD.analysis_id, OLD.patient_id, OLD.clinic_id, OLD.test_id, OLD.version, OLD.kind, OLD.value_text, OLD.millionths,
        OLD.comparator, OLD.choice_id, OLD.absent_reason, OLD.unit, OLD.flag, OLD.range_low, OLD.range_high, OLD.critical_low,
        OLD.critical_high, OLD.range_text, OLD.range_confirmed, OLD.sender_flag, OLD.findings, OLD.method, OLD.device,
        OLD.dilution, OLD.measured_at, OLD.entered_at, OLD.entered_by, OLD.correction)
    OR (OLD.checked_at IS NOT NULL AND NEW.checked_at IS NOT OLD.checked_at) OR (OLD.released_at IS NOT NULL AND NEW.released_at IS NOT OLD.released_at)
    OR (OLD.checked_by IS NOT NULL AND NEW.checked_by IS NOT OLD.checked_by) OR (OLD.released_by IS NOT NULL AND NEW.released_by IS NOT OLD.released_by)
    OR (OLD.released_at IS NOT NULL AND (NEW.autoreleased <> OLD.autoreleased OR NEW.single_handed <> OLD.single_handed))
    OR (OLD.superseded_at IS NOT NULL AND (NEW.superseded_at IS NOT OLD.superseded_at OR NEW.released_at IS NOT OLD.released_at))
BEGIN
    SELECT RAISE(ABORT, 'results_frozen');
END;
CREATE TRIGGER results_kept BEFORE DELETE ON lab_results
BEGIN
    SELECT RAISE(ABORT, 'results_frozen');
END;
-- One person enters and releases only where the laboratory's setting says so.
CREATE TRIGGER results_single_handed BEFORE UPDATE ON lab_results
WHEN NEW.single_handed = 1 AND OLD.single_handed = 0
    AND NOT EXISTS (SELECT 1 FROM lab_settings s WHERE s.clinic_id = NEW.clinic_id AND s.single_handed = 1)
BEGIN
    SELECT RAISE(ABORT, 'results_two_people');
END;
-- A calculated result is released while the results that it follows from are current.
CREATE TRIGGER results_inputs_current BEFORE UPDATE ON lab_results
WHEN NEW.released_at IS NOT NULL AND OLD.released_at IS NULL AND EXISTS (SELECT 1 FROM lab_result_inputs i JOIN lab_results r ON r.id = i.input_id
    WHERE i.result_id = NEW.id AND r.superseded_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'results_inputs_current');
END;
CREATE TRIGGER lab_results_key_open_insert BEFORE INSERT ON lab_results
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER lab_results_key_open_update BEFORE UPDATE OF sealed ON lab_results WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER lab_result_inputs_same_patient BEFORE INSERT ON lab_result_inputs
WHEN NOT EXISTS (SELECT 1 FROM lab_results r JOIN lab_results i ON i.patient_id = r.patient_id WHERE r.id = NEW.result_id AND i.id = NEW.input_id)
BEGIN
    SELECT RAISE(ABORT, 'results_same_patient');
END;
CREATE TRIGGER lab_result_inputs_fixed BEFORE UPDATE ON lab_result_inputs
BEGIN
    SELECT RAISE(ABORT, 'results_frozen');
END;
CREATE TRIGGER lab_result_inputs_kept BEFORE DELETE ON lab_result_inputs
BEGIN
    SELECT RAISE(ABORT, 'results_frozen');
END;

-- A call is of a critical result that was checked, of the same patient.
CREATE TRIGGER criticals_same_patient BEFORE INSERT ON lab_critical_calls
WHEN NOT EXISTS (SELECT 1 FROM lab_results r WHERE r.id = NEW.result_id AND r.patient_id = NEW.patient_id AND r.flag IN ('LL', 'HH', 'AA')
    AND r.checked_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'criticals_same_patient');
END;
CREATE TRIGGER criticals_frozen BEFORE UPDATE ON lab_critical_calls
WHEN (NEW.id, NEW.result_id, NEW.patient_id, NEW.clinic_id, NEW.value, NEW.opened_at)
        IS NOT (OLD.id, OLD.result_id, OLD.patient_id, OLD.clinic_id, OLD.value, OLD.opened_at)
    OR OLD.closed_at IS NOT NULL OR NEW.level < OLD.level
BEGIN
    SELECT RAISE(ABORT, 'criticals_frozen');
END;
CREATE TRIGGER criticals_kept BEFORE DELETE ON lab_critical_calls
BEGIN
    SELECT RAISE(ABORT, 'criticals_frozen');
END;
-- A critical result is released only with its call.
CREATE TRIGGER criticals_called BEFORE UPDATE ON lab_results
WHEN NEW.released_at IS NOT NULL AND OLD.released_at IS NULL AND NEW.flag IN ('LL', 'HH', 'AA')
    AND NOT EXISTS (SELECT 1 FROM lab_critical_calls c WHERE c.result_id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'criticals_called');
END;
CREATE TRIGGER lab_call_attempts_fixed BEFORE UPDATE ON lab_call_attempts
BEGIN
    SELECT RAISE(ABORT, 'criticals_frozen');
END;
CREATE TRIGGER lab_call_attempts_kept BEFORE DELETE ON lab_call_attempts
BEGIN
    SELECT RAISE(ABORT, 'criticals_frozen');
END;

CREATE TRIGGER lab_reports_same_patient BEFORE INSERT ON lab_reports
WHEN NOT EXISTS (SELECT 1 FROM requisitions r WHERE r.id = NEW.requisition_id AND r.patient_id = NEW.patient_id AND r.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'lab_reports_same_patient');
END;
CREATE TRIGGER lab_reports_frozen BEFORE UPDATE ON lab_reports
BEGIN
    SELECT RAISE(ABORT, 'lab_reports_frozen');
END;
CREATE TRIGGER lab_reports_kept BEFORE DELETE ON lab_reports
BEGIN
    SELECT RAISE(ABORT, 'lab_reports_frozen');
END;
-- A report has released results of its patient.
CREATE TRIGGER lab_report_results_released BEFORE INSERT ON lab_report_results
WHEN NOT EXISTS (SELECT 1 FROM lab_results r JOIN lab_reports p ON p.patient_id = r.patient_id WHERE r.id = NEW.result_id AND p.id = NEW.report_id
    AND r.released_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'lab_report_results_released');
END;
CREATE TRIGGER lab_report_results_fixed BEFORE UPDATE ON lab_report_results
BEGIN
    SELECT RAISE(ABORT, 'lab_reports_frozen');
END;
CREATE TRIGGER lab_report_results_kept BEFORE DELETE ON lab_report_results
BEGIN
    SELECT RAISE(ABORT, 'lab_reports_frozen');
END;
CREATE TRIGGER reviews_same_patient BEFORE INSERT ON lab_reviews
WHEN NOT EXISTS (SELECT 1 FROM lab_reports p WHERE p.id = NEW.report_id AND p.patient_id = NEW.patient_id AND p.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'reviews_same_patient');
END;
-- A signed review stays.
CREATE TRIGGER reviews_frozen BEFORE UPDATE ON lab_reviews
WHEN (NEW.id, NEW.report_id, NEW.patient_id, NEW.clinic_id, NEW.weight, NEW.created_at)
        IS NOT (OLD.id, OLD.report_id, OLD.patient_id, OLD.clinic_id, OLD.weight, OLD.created_at) OR OLD.state IN ('signed', 'replaced')
BEGIN
    SELECT RAISE(ABORT, 'reviews_frozen');
END;
CREATE TRIGGER reviews_kept BEFORE DELETE ON lab_reviews
BEGIN
    SELECT RAISE(ABORT, 'reviews_frozen');
END;
