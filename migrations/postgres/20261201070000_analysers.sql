-- Analysers of the laboratory: their code maps, the messages that they sent, and what became of each measured value.

CREATE TABLE lab_analysers (
    id              UUID PRIMARY KEY NOT NULL,
    clinic_id       UUID NOT NULL REFERENCES clinics (id),
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
    checks_patient  BOOLEAN NOT NULL DEFAULT TRUE,
    -- The layout of its files.
    csv_separator   TEXT NOT NULL DEFAULT 'comma' CHECK (csv_separator IN ('comma', 'semicolon', 'tab')),
    csv_decimal     TEXT NOT NULL DEFAULT 'point' CHECK (csv_decimal IN ('point', 'comma')),
    csv_sample      TEXT NOT NULL DEFAULT '' CHECK (length(csv_sample) <= 60),
    csv_code        TEXT NOT NULL DEFAULT '' CHECK (length(csv_code) <= 60),
    csv_value       TEXT NOT NULL DEFAULT '' CHECK (length(csv_value) <= 60),
    csv_unit        TEXT NOT NULL DEFAULT '' CHECK (length(csv_unit) <= 60),
    version         BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at      TIMESTAMPTZ NOT NULL,
    updated_by      UUID NOT NULL REFERENCES users (id),
    retired_at      TIMESTAMPTZ,
    UNIQUE (id, clinic_id),
    CONSTRAINT analysers_name UNIQUE (clinic_id, name),
    CONSTRAINT analysers_peers CHECK (protocol <> 'hl7' OR length(trim(peers)) > 0),
    CONSTRAINT analysers_columns CHECK (protocol <> 'csv'
        OR (length(csv_sample) > 0 AND length(csv_code) > 0 AND length(csv_value) > 0))
);

-- A code of an analyser in a unit as it sends it, the test that it means, and the factor to the unit of the test in millionths.
CREATE TABLE lab_code_maps (
    id           UUID PRIMARY KEY NOT NULL,
    analyser_id  UUID NOT NULL REFERENCES lab_analysers (id),
    code         TEXT NOT NULL CHECK (length(trim(code)) > 0 AND length(code) <= 80),
    unit         TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 40),
    test_id      UUID NOT NULL REFERENCES lab_tests (id),
    factor       BIGINT NOT NULL CHECK (factor > 0),
    created_at   TIMESTAMPTZ NOT NULL,
    created_by   UUID NOT NULL REFERENCES users (id),
    CONSTRAINT code_maps_once UNIQUE (analyser_id, code, unit)
);
CREATE INDEX lab_code_maps_by_test ON lab_code_maps (test_id);

-- The name under which an analyser sends a level of control material.
CREATE TABLE lab_analyser_controls (
    id           UUID PRIMARY KEY NOT NULL,
    analyser_id  UUID NOT NULL REFERENCES lab_analysers (id),
    sample       TEXT NOT NULL CHECK (length(trim(sample)) > 0 AND length(sample) <= 40),
    level        BIGINT NOT NULL CHECK (level BETWEEN 1 AND 3),
    created_at   TIMESTAMPTZ NOT NULL,
    created_by   UUID NOT NULL REFERENCES users (id),
    CONSTRAINT analyser_controls_once UNIQUE (analyser_id, sample)
);

CREATE TABLE lab_analyser_messages (
    id           UUID PRIMARY KEY NOT NULL,
    analyser_id  UUID NOT NULL,
    clinic_id    UUID NOT NULL,
    -- MSH-10; for a file the beginning of its digest.
    control_id   TEXT NOT NULL DEFAULT '' CHECK (length(control_id) <= 199),
    -- SHA-256 of the bytes.
    digest       TEXT NOT NULL CHECK (length(digest) = 64),
    -- The bytes as they came, each as one letter.
    sealed       BYTEA NOT NULL CHECK (length(sealed) <= 3000000),
    received_at  TIMESTAMPTZ NOT NULL,
    received_by  UUID NOT NULL REFERENCES users (id),
    state        TEXT NOT NULL CHECK (state IN ('received', 'filed', 'partly_filed', 'unmatched', 'refused')),
    reason       TEXT NOT NULL DEFAULT '' CHECK (reason IN ('', 'unreadable', 'charset', 'type', 'control_id', 'practice', 'no_values',
                     'too_large')),
    -- Another message of the analyser had the same control id.
    id_reused    BOOLEAN NOT NULL DEFAULT FALSE,
    UNIQUE (id, analyser_id, clinic_id),
    CONSTRAINT analyser_messages_once UNIQUE (analyser_id, control_id, digest),
    CONSTRAINT analyser_messages_of_clinic FOREIGN KEY (analyser_id, clinic_id) REFERENCES lab_analysers (id, clinic_id),
    CONSTRAINT analyser_messages_refused CHECK ((state = 'refused') = (length(reason) > 0))
);
CREATE INDEX lab_analyser_messages_received ON lab_analyser_messages (received_at) WHERE state = 'received';
CREATE INDEX lab_analyser_messages_refused ON lab_analyser_messages (analyser_id, received_at) WHERE state = 'refused';
CREATE INDEX lab_analyser_messages_by_analyser ON lab_analyser_messages (analyser_id, received_at, id);
-- A file has no control id: it is imported once, whoever names it as.
CREATE UNIQUE INDEX csv_once ON lab_analyser_messages (analyser_id, digest) WHERE control_id LIKE 'csv %';

-- One measured value of a message. Its text stands in the message.
CREATE TABLE lab_analyser_values (
    id             UUID PRIMARY KEY NOT NULL,
    message_id     UUID NOT NULL,
    analyser_id    UUID NOT NULL,
    clinic_id      UUID NOT NULL,
    position       BIGINT NOT NULL CHECK (position >= 1),
    sample_number  TEXT NOT NULL DEFAULT '' CHECK (length(sample_number) <= 40),
    code           TEXT NOT NULL DEFAULT '' CHECK (length(code) <= 80),
    unit           TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 40),
    sequence       TEXT NOT NULL DEFAULT '' CHECK (length(sequence) <= 20),
    -- The time of the measurement as it was sent.
    measured       TEXT NOT NULL DEFAULT '' CHECK (length(measured) <= 40),
    -- SHA-256 of the value as it was sent.
    digest         TEXT NOT NULL CHECK (length(digest) = 64),
    test_id        UUID REFERENCES lab_tests (id),
    state          TEXT NOT NULL CHECK (state IN ('filed', 'control', 'unmatched', 'duplicate', 'assigned', 'discarded')),
    reason         TEXT NOT NULL DEFAULT '' CHECK (reason IN ('', 'no_sample', 'unknown_sample', 'other_patient', 'unknown_code', 'unit',
                       'not_ordered', 'not_received', 'repeat', 'value', 'status', 'no_lot', 'control_action')),
    result_id      UUID REFERENCES lab_results (id),
    run_id         UUID REFERENCES lab_control_runs (id),
    resolved_at    TIMESTAMPTZ,
    resolved_by    UUID REFERENCES users (id),
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
);
-- The same measurement sent in another message is filed once; one value makes one result.
CREATE UNIQUE INDEX values_once ON lab_analyser_values (analyser_id, sample_number, test_id, measured, sequence, digest)
    WHERE state IN ('filed', 'control');
CREATE UNIQUE INDEX values_one_result ON lab_analyser_values (result_id) WHERE result_id IS NOT NULL;
CREATE INDEX lab_analyser_values_unmatched ON lab_analyser_values (clinic_id, id) WHERE state = 'unmatched';
CREATE INDEX lab_analyser_values_by_test ON lab_analyser_values (test_id) WHERE test_id IS NOT NULL;
CREATE INDEX lab_analyser_values_by_run ON lab_analyser_values (run_id) WHERE run_id IS NOT NULL;

ALTER TABLE lab_analyser_messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON lab_analyser_messages USING (clinic_id = ANY ((SELECT reader_clinics())::uuid[]));
ALTER TABLE lab_analyser_values ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON lab_analyser_values USING (clinic_id = ANY ((SELECT reader_clinics())::uuid[]));
REVOKE DELETE, TRUNCATE ON lab_analysers, lab_analyser_messages, lab_analyser_values FROM infirmary_app;

CREATE TRIGGER lab_analyser_messages_key_open_insert AFTER INSERT ON lab_analyser_messages REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER lab_analyser_messages_key_open_update BEFORE UPDATE OF sealed ON lab_analyser_messages
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER analysers_kept BEFORE DELETE ON lab_analysers FOR EACH ROW EXECUTE FUNCTION row_fixed('analysers_kept');
-- A message stays as it came; only its fate changes, and one that was refused or taken apart is not received again.
CREATE TRIGGER analyser_messages_kept BEFORE UPDATE ON lab_analyser_messages FOR EACH ROW
WHEN ((NEW.id, NEW.analyser_id, NEW.clinic_id, NEW.control_id, NEW.digest, NEW.received_at, NEW.received_by, NEW.id_reused)
        IS DISTINCT FROM (OLD.id, OLD.analyser_id, OLD.clinic_id, OLD.control_id, OLD.digest, OLD.received_at, OLD.received_by, OLD.id_reused)
    OR (OLD.state <> 'received' AND NEW.state = 'received') OR (OLD.state = 'refused' AND NEW.state <> 'refused'))
EXECUTE FUNCTION row_fixed('analyser_messages_kept');
CREATE TRIGGER analyser_messages_not_deleted BEFORE DELETE ON lab_analyser_messages FOR EACH ROW EXECUTE FUNCTION row_fixed('analyser_messages_kept');
-- A value that was filed, or that somebody resolved, stays.
CREATE TRIGGER values_kept BEFORE UPDATE ON lab_analyser_values FOR EACH ROW
WHEN ((NEW.id, NEW.message_id, NEW.position, NEW.sample_number, NEW.code, NEW.unit, NEW.sequence, NEW.measured, NEW.digest)
        IS DISTINCT FROM (OLD.id, OLD.message_id, OLD.position, OLD.sample_number, OLD.code, OLD.unit, OLD.sequence, OLD.measured, OLD.digest)
    OR OLD.state <> 'unmatched')
EXECUTE FUNCTION row_fixed('values_kept');
CREATE TRIGGER values_not_deleted BEFORE DELETE ON lab_analyser_values FOR EACH ROW EXECUTE FUNCTION row_fixed('values_kept');
-- The result of a value is one of its test, at its clinic. The function reads as its owner.
CREATE FUNCTION values_of_test() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM lab_results r WHERE r.id = NEW.result_id AND r.test_id = NEW.test_id AND r.clinic_id = NEW.clinic_id) THEN
        PERFORM refuse('values_of_test');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER values_of_test BEFORE INSERT OR UPDATE ON lab_analyser_values FOR EACH ROW WHEN (NEW.result_id IS NOT NULL)
EXECUTE FUNCTION values_of_test();
