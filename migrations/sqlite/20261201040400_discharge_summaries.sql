-- The summary of a stay in versions, with the medicines to go on with. A signed one decides on each medicine order of the stay.

CREATE TABLE discharge_summaries (
    id            BLOB PRIMARY KEY NOT NULL,
    admission_id  BLOB NOT NULL REFERENCES admissions (id),
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    version       INTEGER NOT NULL CHECK (version >= 1),
    state         TEXT NOT NULL CHECK (state IN ('draft', 'final')),
    -- Diagnoses, course, results, instructions, what is open, and the reason of an amendment.
    sealed        BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 400000),
    -- Increases with each save of a draft.
    saved         INTEGER NOT NULL DEFAULT 1 CHECK (saved >= 1),
    created_at    TEXT NOT NULL,
    author_id     BLOB NOT NULL REFERENCES users (id),
    signed_at     TEXT,
    signed_by     BLOB REFERENCES users (id),
    -- As it was when it was signed.
    signer_name   TEXT NOT NULL DEFAULT '' CHECK (length(signer_name) <= 200),
    key_id        BLOB REFERENCES signing_keys (id),
    signature     BLOB CHECK (length(signature) = 64),
    superseded_at TEXT,
    UNIQUE (id, patient_id),
    CONSTRAINT discharge_summaries_versions UNIQUE (admission_id, version),
    CONSTRAINT discharge_summaries_signed CHECK ((state = 'final') = (signed_at IS NOT NULL) AND (signed_at IS NULL) = (signed_by IS NULL)
        AND (signed_at IS NULL) = (key_id IS NULL) AND (signed_at IS NULL) = (signature IS NULL) AND (signed_at IS NULL) = (signer_name = '')),
    CONSTRAINT discharge_summaries_superseded CHECK (superseded_at IS NULL OR (state = 'final' AND superseded_at >= signed_at))
) STRICT;
CREATE UNIQUE INDEX discharge_summaries_one_final ON discharge_summaries (admission_id) WHERE state = 'final' AND superseded_at IS NULL;
CREATE UNIQUE INDEX discharge_summaries_one_draft ON discharge_summaries (admission_id) WHERE state = 'draft';
CREATE INDEX discharge_summaries_by_patient ON discharge_summaries (patient_id, signed_at);
CREATE INDEX discharge_summaries_by_key ON discharge_summaries (key_id) WHERE key_id IS NOT NULL;
CREATE TABLE discharge_medicines (
    id            BLOB PRIMARY KEY NOT NULL,
    summary_id    BLOB NOT NULL,
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    nth           INTEGER NOT NULL CHECK (nth >= 1),
    -- The order of the stay that it decides on; none for a medicine that is new.
    order_id      BLOB,
    decision      TEXT NOT NULL CHECK (decision IN ('continue', 'changed', 'stopped', 'new')),
    -- The medicine, the dosage, and the reason.
    sealed        BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 20000),
    CONSTRAINT discharge_medicines_in_turn UNIQUE (summary_id, nth),
    CONSTRAINT discharge_medicines_new CHECK ((decision = 'new') = (order_id IS NULL)),
    CONSTRAINT discharge_medicines_same_patient FOREIGN KEY (summary_id, patient_id) REFERENCES discharge_summaries (id, patient_id),
    CONSTRAINT discharge_medicines_order FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id)
) STRICT;
CREATE UNIQUE INDEX discharge_medicines_once ON discharge_medicines (summary_id, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX discharge_medicines_by_order ON discharge_medicines (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX discharge_medicines_by_patient ON discharge_medicines (patient_id);
-- A summary is of a patient who was admitted.
CREATE TRIGGER discharge_summaries_of_stay BEFORE INSERT ON discharge_summaries
WHEN NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id
    AND a.admitted_at <= NEW.created_at AND a.state IN ('admitted', 'discharged'))
BEGIN
    SELECT RAISE(ABORT, 'discharge_summaries_of_stay');
END;
CREATE TRIGGER discharge_summaries_start BEFORE INSERT ON discharge_summaries
WHEN NEW.state <> 'draft'
BEGIN
    SELECT RAISE(ABORT, 'discharge_summaries_frozen');
END;
-- The medicines of a signed summary stay what they are.
CREATE TRIGGER discharge_medicines_draft BEFORE INSERT ON discharge_medicines
WHEN NOT EXISTS (SELECT 1 FROM discharge_summaries s WHERE s.id = NEW.summary_id AND s.state = 'draft')
BEGIN
    SELECT RAISE(ABORT, 'discharge_summaries_frozen');
END;
CREATE TRIGGER discharge_summaries_frozen BEFORE UPDATE ON discharge_summaries
WHEN (NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.version, NEW.created_at, NEW.author_id)
    IS NOT (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.version, OLD.created_at, OLD.author_id) OR (OLD.state = 'final' AND substr(NEW.sealed, 66) <> substr(OLD.sealed, 66)) OR (OLD.state = 'final' AND ((NEW.state, NEW.saved, NEW.signed_at, NEW.signed_by, NEW.signer_name, NEW.key_id, NEW.signature)
    IS NOT (OLD.state, OLD.saved, OLD.signed_at, OLD.signed_by, OLD.signer_name, OLD.key_id, OLD.signature)
    OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at <> OLD.superseded_at)))
BEGIN
    SELECT RAISE(ABORT, 'discharge_summaries_frozen');
END;
CREATE TRIGGER discharge_summaries_kept BEFORE DELETE ON discharge_summaries
BEGIN
    SELECT RAISE(ABORT, 'discharge_summaries_frozen');
END;
-- Signing decides on each medicine order that is active.
CREATE TRIGGER discharge_medicines_complete BEFORE UPDATE OF state ON discharge_summaries
WHEN NEW.state = 'final' AND OLD.state = 'draft' AND EXISTS (SELECT 1 FROM care_orders o WHERE o.admission_id = NEW.admission_id AND o.kind = 'medicine'
    AND (o.state = 'active' OR o.state = 'on_hold')
    AND NOT EXISTS (SELECT 1 FROM discharge_medicines d WHERE d.summary_id = NEW.id AND d.order_id = o.id))
BEGIN
    SELECT RAISE(ABORT, 'discharge_medicines_complete');
END;
CREATE TRIGGER discharge_medicines_frozen BEFORE UPDATE ON discharge_medicines
WHEN (NEW.id, NEW.summary_id, NEW.patient_id, NEW.nth, NEW.order_id, NEW.decision) IS NOT (OLD.id, OLD.summary_id, OLD.patient_id, OLD.nth, OLD.order_id, OLD.decision)
    OR substr(NEW.sealed, 66) <> substr(OLD.sealed, 66)
BEGIN
    SELECT RAISE(ABORT, 'discharge_summaries_frozen');
END;
CREATE TRIGGER discharge_medicines_kept BEFORE DELETE ON discharge_medicines
WHEN EXISTS (SELECT 1 FROM discharge_summaries s WHERE s.id = OLD.summary_id AND s.state <> 'draft')
BEGIN
    SELECT RAISE(ABORT, 'discharge_summaries_frozen');
END;
CREATE TRIGGER discharge_summaries_key_open_insert BEFORE INSERT ON discharge_summaries
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER discharge_summaries_key_open_update BEFORE UPDATE OF sealed ON discharge_summaries WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER discharge_medicines_key_open_insert BEFORE INSERT ON discharge_medicines
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER discharge_medicines_key_open_update BEFORE UPDATE OF sealed ON discharge_medicines WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
