-- Analysers of the laboratory: their code maps, the messages that they sent, and what became of each measured value.

CREATE TABLE lab_analysers (
    id              BLOB PRIMARY KEY NOT NULL,
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    name            TEXT NOT NULL CHECK (length(trim(name)) > 0 AND length(name) <= 80),
    bench           TEXT NOT NULL CHECK (length(trim(bench)) > 0 AND length(bench) <= 40),
    protocol        TEXT NOT NULL CHECK (protocol IN ('hl7', 'csv')),
    -- The addresses and networks from which it may send, separated by commas.
    peers           TEXT NOT NULL DEFAULT '' CHECK (length(peers) <= 300),
    -- MSH-3 and MSH-4 as it sends them. Empty: any.
    application     TEXT NOT NULL DEFAULT '' CHECK (length(application) <= 180),
    facility        TEXT NOT NULL DEFAULT '' CHECK (length(facility) <= 180),
    -- The character set of messages that name none.
    charset         TEXT NOT NULL DEFAULT 'utf_8' CHECK (charset IN ('utf_8', 'latin_1', 'ascii')),
    sample_field    TEXT NOT NULL DEFAULT 'obr_3' CHECK (sample_field IN ('spm_2', 'obr_3', 'obr_2')),
    -- Whether PID-3 must name the patient of the sample.
    checks_patient  INTEGER NOT NULL DEFAULT 1 CHECK (checks_patient IN (0, 1)),
    -- The layout of its files.
    csv_separator   TEXT NOT NULL DEFAULT 'comma' CHECK (csv_separator IN ('comma', 'semicolon', 'tab')),
    csv_decimal     TEXT NOT NULL DEFAULT 'point' CHECK (csv_decimal IN ('point', 'comma')),
    csv_sample      TEXT NOT NULL DEFAULT '' CHECK (length(csv_sample) <= 60),
    csv_code        TEXT NOT NULL DEFAULT '' CHECK (length(csv_code) <= 60),
    csv_value       TEXT NOT NULL DEFAULT '' CHECK (length(csv_value) <= 60),
    csv_unit        TEXT NOT NULL DEFAULT '' CHECK (length(csv_unit) <= 60),
    version         INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at      TEXT NOT NULL,
    updated_by      BLOB NOT NULL REFERENCES users (id),
    retired_at      TEXT,
    UNIQUE (id, clinic_id),
    CONSTRAINT analysers_name UNIQUE (clinic_id, name),
    CONSTRAINT analysers_peers CHECK (protocol <> 'hl7' OR length(trim(peers)) > 0),
    CONSTRAINT analysers_columns CHECK (protocol <> 'csv'
        OR (length(csv_sample) > 0 AND length(csv_code) > 0 AND length(csv_value) > 0))
) STRICT;

-- A code of an analyser in a unit as it sends it, the test that it means, and the factor to the unit of the test in millionths.
CREATE TABLE lab_code_maps (
    id           BLOB PRIMARY KEY NOT NULL,
    analyser_id  BLOB NOT NULL REFERENCES lab_analysers (id),
    code         TEXT NOT NULL CHECK (length(trim(code)) > 0 AND length(code) <= 80),
    unit         TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 40),
    test_id      BLOB NOT NULL REFERENCES lab_tests (id),
    factor       INTEGER NOT NULL CHECK (factor > 0),
    created_at   TEXT NOT NULL,
    created_by   BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT code_maps_once UNIQUE (analyser_id, code, unit)
) STRICT;
CREATE INDEX lab_code_maps_by_test ON lab_code_maps (test_id);

-- The name under which an analyser sends a level of control material.
CREATE TABLE lab_analyser_controls (
    id           BLOB PRIMARY KEY NOT NULL,
    analyser_id  BLOB NOT NULL REFERENCES lab_analysers (id),
    sample       TEXT NOT NULL CHECK (length(trim(sample)) > 0 AND length(sample) <= 40),
    level        INTEGER NOT NULL CHECK (level BETWEEN 1 AND 3),
    created_at   TEXT NOT NULL,
    created_by   BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT analyser_controls_once UNIQUE (analyser_id, sample)
) STRICT;

CREATE TABLE lab_analyser_messages (
    id           BLOB PRIMARY KEY NOT NULL,
    analyser_id  BLOB NOT NULL,
    clinic_id    BLOB NOT NULL,
    -- MSH-10; for a file the beginning of its digest.
    control_id   TEXT NOT NULL DEFAULT '' CHECK (length(control_id) <= 199),
    -- SHA-256 of the bytes.
    digest       TEXT NOT NULL CHECK (length(digest) = 64),
    -- The bytes as they came, each as one letter.
    sealed       BLOB NOT NULL CHECK (length(sealed) <= 3000000),
    received_at  TEXT NOT NULL,
    received_by  BLOB NOT NULL REFERENCES users (id),
    state        TEXT NOT NULL CHECK (state IN ('received', 'filed', 'partly_filed', 'unmatched', 'refused')),
    reason       TEXT NOT NULL DEFAULT '' CHECK (reason IN ('', 'unreadable', 'charset', 'type', 'control_id', 'practice', 'no_values',
                     'too_large')),
    -- Another message of the analyser had the same control id.
    id_reused    INTEGER NOT NULL DEFAULT 0 CHECK (id_reused IN (0, 1)),
    UNIQUE (id, analyser_id, clinic_id),
    CONSTRAINT analyser_messages_once UNIQUE (analyser_id, control_id, digest),
    CONSTRAINT analyser_messages_of_clinic FOREIGN KEY (analyser_id, clinic_id) REFERENCES lab_analysers (id, clinic_id),
    CONSTRAINT analyser_messages_refused CHECK ((state = 'refused') = (length(reason) > 0))
) STRICT;
CREATE INDEX lab_analyser_messages_received ON lab_analyser_messages (received_at) WHERE state = 'received';
CREATE INDEX lab_analyser_messages_refused ON lab_analyser_messages (analyser_id, received_at) WHERE state = 'refused';
CREATE INDEX lab_analyser_messages_by_analyser ON lab_analyser_messages (analyser_id, received_at, id);
-- A file has no control id: it is imported once, whoever names it as.
CREATE UNIQUE INDEX csv_once ON lab_analyser_messages (analyser_id, digest) WHERE control_id LIKE 'csv %';

-- One measured value of a message. Its text stands in the message.
CREATE TABLE lab_analyser_values (
    id             BLOB PRIMARY KEY NOT NULL,
    message_id     BLOB NOT NULL,
    analyser_id    BLOB NOT NULL,
    clinic_id      BLOB NOT NULL,
    position       INTEGER NOT NULL CHECK (position >= 1),
    sample_number  TEXT NOT NULL DEFAULT '' CHECK (length(sample_number) <= 40),
    code           TEXT NOT NULL DEFAULT '' CHECK (length(code) <= 80),
    unit           TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 40),
    sequence       TEXT NOT NULL DEFAULT '' CHECK (length(sequence) <= 20),
    -- The time of the measurement as it was sent.
    measured       TEXT NOT NULL DEFAULT '' CHECK (length(measured) <= 40),
    -- SHA-256 of the value as it was sent.
    digest         TEXT NOT NULL CHECK (length(digest) = 64),
    test_id        BLOB REFERENCES lab_tests (id),
    state          TEXT NOT NULL CHECK (state IN ('filed', 'control', 'unmatched', 'duplicate', 'assigned', 'discarded')),
    reason         TEXT NOT NULL DEFAULT '' CHECK (reason IN ('', 'no_sample', 'unknown_sample', 'other_patient', 'unknown_code', 'unit',
                       'not_ordered', 'not_received', 'repeat', 'value', 'status', 'no_lot', 'control_action')),
    result_id      BLOB REFERENCES lab_results (id),
    run_id         BLOB REFERENCES lab_control_runs (id),
    resolved_at    TEXT,
    resolved_by    BLOB REFERENCES users (id),
    resolution     TEXT NOT NULL DEFAULT '' CHECK (length(resolution) <= 500),
    CONSTRAINT values_of_message FOREIGN KEY (message_id, analyser_id, clinic_id)
        REFERENCES lab_analyser_messages (id, analyser_id, clinic_id),
    CONSTRAINT values_position UNIQUE (message_id, position),
    CONSTRAINT values_reasoned CHECK (state <> 'unmatched' OR length(reason) > 0),
    CONSTRAINT values_filed CHECK ((state IN ('filed', 'assigned')) = (result_id IS NOT NULL)
        AND (state = 'control') = (run_id IS NOT NULL) AND (result_id IS NULL OR test_id IS NOT NULL)),
    CONSTRAINT values_resolved CHECK ((resolved_at IS NULL) = (resolved_by IS NULL)
        AND (state NOT IN ('assigned', 'discarded') OR resolved_at IS NOT NULL)),
    CONSTRAINT values_discarded CHECK (state <> 'discarded' OR length(trim(resolution)) > 0)
) STRICT;
-- The same measurement sent in another message is filed once; one value makes one result.
CREATE UNIQUE INDEX values_once ON lab_analyser_values (analyser_id, sample_number, test_id, measured, sequence, digest)
    WHERE state IN ('filed', 'control');
CREATE UNIQUE INDEX values_one_result ON lab_analyser_values (result_id) WHERE result_id IS NOT NULL;
CREATE INDEX lab_analyser_values_unmatched ON lab_analyser_values (clinic_id, id) WHERE state = 'unmatched';
CREATE INDEX lab_analyser_values_by_test ON lab_analyser_values (test_id) WHERE test_id IS NOT NULL;
CREATE INDEX lab_analyser_values_by_run ON lab_analyser_values (run_id) WHERE run_id IS NOT NULL;

CREATE TRIGGER lab_analyser_messages_key_open_insert BEFORE INSERT ON lab_analyser_messages
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER lab_analyser_messages_key_open_update BEFORE UPDATE OF sealed ON lab_analyser_messages WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER analysers_kept BEFORE DELETE ON lab_analysers
BEGIN
    SELECT RAISE(ABORT, 'analysers_kept');
END;
-- A message stays as it came; only its fate changes, and one that was refused or taken apart is not received again.
CREATE TRIGGER analyser_messages_kept BEFORE UPDATE ON lab_analyser_messages
WHEN (NEW.id, NEW.analyser_id, NEW.clinic_id, NEW.control_id, NEW.digest, NEW.received_at, NEW.received_by, NEW.id_reused)
        IS NOT (OLD.id, OLD.analyser_id, OLD.clinic_id, OLD.control_id, OLD.digest, OLD.received_at, OLD.received_by, OLD.id_reused)
    OR (OLD.state <> 'received' AND NEW.state = 'received') OR (OLD.state = 'refused' AND NEW.state <> 'refused')
BEGIN
    SELECT RAISE(ABORT, 'analyser_messages_kept');
END;
CREATE TRIGGER analyser_messages_not_deleted BEFORE DELETE ON lab_analyser_messages
BEGIN
    SELECT RAISE(ABORT, 'analyser_messages_kept');
END;
-- A value that was filed, or that somebody resolved, stays.
CREATE TRIGGER values_kept BEFORE UPDATE ON lab_analyser_values
WHEN (NEW.id, NEW.message_id, NEW.position, NEW.sample_number, NEW.code, NEW.unit, NEW.sequence, NEW.measured, NEW.digest)
        IS NOT (OLD.id, OLD.message_id, OLD.position, OLD.sample_number, OLD.code, OLD.unit, OLD.sequence, OLD.measured, OLD.digest)
    OR OLD.state <> 'unmatched'
BEGIN
    SELECT RAISE(ABORT, 'values_kept');
END;
CREATE TRIGGER values_not_deleted BEFORE DELETE ON lab_analyser_values
BEGIN
    SELECT RAISE(ABORT, 'values_kept');
END;
-- The result of a value is one of its test, at its clinic.
CREATE TRIGGER values_of_test_insert BEFORE INSERT ON lab_analyser_values WHEN NEW.result_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM lab_results r WHERE r.id = NEW.result_id AND r.test_id = NEW.test_id AND r.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'values_of_test');
END;
CREATE TRIGGER values_of_test_update BEFORE UPDATE ON lab_analyser_values WHEN NEW.result_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM lab_results r WHERE r.id = NEW.result_id AND r.test_id = NEW.test_id AND r.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'values_of_test');
END;
