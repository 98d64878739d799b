-- Notes of a stay: a draft is signed and then never changed. An amendment is a later version, an addendum stands beside.

CREATE TABLE stay_notes (
    id            BLOB PRIMARY KEY NOT NULL,
    -- The first version of the note.
    note_id       BLOB NOT NULL REFERENCES stay_notes (id),
    admission_id  BLOB NOT NULL REFERENCES admissions (id),
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    version       INTEGER NOT NULL CHECK (version >= 1),
    kind          TEXT NOT NULL CHECK (kind IN ('admission', 'round', 'consult', 'procedure', 'nursing', 'discharge')),
    style         TEXT NOT NULL CHECK (style IN ('soap', 'problems')),
    state         TEXT NOT NULL CHECK (state IN ('draft', 'final', 'discarded')),
    -- The four sections, and the reason of an amendment.
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
    CONSTRAINT stay_notes_versions UNIQUE (note_id, version),
    CONSTRAINT stay_notes_first CHECK ((version = 1) = (note_id = id)),
    CONSTRAINT stay_notes_signed CHECK ((state = 'final') = (signed_at IS NOT NULL) AND (signed_at IS NULL) = (signed_by IS NULL)
        AND (signed_at IS NULL) = (key_id IS NULL) AND (signed_at IS NULL) = (signature IS NULL) AND (signed_at IS NULL) = (signer_name = '')),
    CONSTRAINT stay_notes_superseded CHECK (superseded_at IS NULL OR (state = 'final' AND superseded_at >= signed_at))
) STRICT;
CREATE UNIQUE INDEX stay_notes_one_current ON stay_notes (note_id) WHERE state = 'final' AND superseded_at IS NULL;
CREATE UNIQUE INDEX stay_notes_one_draft ON stay_notes (note_id) WHERE state = 'draft';
CREATE INDEX stay_notes_of_admission ON stay_notes (admission_id, created_at);
CREATE INDEX stay_notes_by_patient ON stay_notes (patient_id, signed_at);
CREATE INDEX stay_notes_drafts ON stay_notes (author_id, created_at) WHERE state = 'draft';
CREATE INDEX stay_notes_by_key ON stay_notes (key_id) WHERE key_id IS NOT NULL;
CREATE TABLE stay_note_addenda (
    -- Made with the form: an addendum that is sent twice is written once.
    id            BLOB PRIMARY KEY NOT NULL,
    version_id    BLOB NOT NULL,
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    sealed        BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 200000),
    written_at    TEXT NOT NULL,
    written_by    BLOB NOT NULL REFERENCES users (id),
    signer_name   TEXT NOT NULL CHECK (length(signer_name) BETWEEN 1 AND 200),
    key_id        BLOB NOT NULL REFERENCES signing_keys (id),
    signature     BLOB NOT NULL CHECK (length(signature) = 64),
    CONSTRAINT stay_note_addenda_same_patient FOREIGN KEY (version_id, patient_id) REFERENCES stay_notes (id, patient_id)
) STRICT;
CREATE INDEX stay_note_addenda_in_order ON stay_note_addenda (version_id, written_at);
CREATE INDEX stay_note_addenda_by_patient ON stay_note_addenda (patient_id);
CREATE INDEX stay_note_addenda_by_key ON stay_note_addenda (key_id);
-- A note is begun while the patient lies on the ward; a discharge note and an amendment also later.
CREATE TRIGGER stay_notes_of_stay BEFORE INSERT ON stay_notes
WHEN NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id
    AND a.admitted_at <= NEW.created_at AND (a.state = 'admitted' OR a.left_at >= NEW.created_at OR NEW.version > 1 OR NEW.kind = 'discharge'))
BEGIN
    SELECT RAISE(ABORT, 'stay_notes_of_stay');
END;
-- An amendment is of a signed note of the same admission and kind.
CREATE TRIGGER stay_notes_same_note BEFORE INSERT ON stay_notes
WHEN NEW.version > 1 AND NOT EXISTS (SELECT 1 FROM stay_notes n WHERE n.note_id = NEW.note_id AND n.admission_id = NEW.admission_id AND n.kind = NEW.kind
    AND n.state = 'final' AND n.superseded_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'stay_notes_same_note');
END;
CREATE TRIGGER stay_notes_start BEFORE INSERT ON stay_notes
WHEN NEW.state <> 'draft'
BEGIN
    SELECT RAISE(ABORT, 'stay_notes_frozen');
END;
CREATE TRIGGER stay_notes_frozen BEFORE UPDATE ON stay_notes
WHEN (NEW.id, NEW.note_id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.version, NEW.kind, NEW.created_at, NEW.author_id)
    IS NOT (OLD.id, OLD.note_id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.version, OLD.kind, OLD.created_at, OLD.author_id) OR (OLD.state <> 'draft' AND substr(NEW.sealed, 66) <> substr(OLD.sealed, 66)) OR (OLD.state <> 'draft' AND ((NEW.style, NEW.state, NEW.saved, NEW.signed_at, NEW.signed_by, NEW.signer_name, NEW.key_id, NEW.signature)
    IS NOT (OLD.style, OLD.state, OLD.saved, OLD.signed_at, OLD.signed_by, OLD.signer_name, OLD.key_id, OLD.signature)
    OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at <> OLD.superseded_at)))
BEGIN
    SELECT RAISE(ABORT, 'stay_notes_frozen');
END;
CREATE TRIGGER stay_notes_kept BEFORE DELETE ON stay_notes
BEGIN
    SELECT RAISE(ABORT, 'stay_notes_frozen');
END;
-- An addendum is of the signed version that counts.
CREATE TRIGGER stay_note_addenda_of_signed BEFORE INSERT ON stay_note_addenda
WHEN NOT EXISTS (SELECT 1 FROM stay_notes n WHERE n.id = NEW.version_id AND n.state = 'final' AND n.superseded_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'stay_note_addenda_of_signed');
END;
CREATE TRIGGER stay_note_addenda_frozen BEFORE UPDATE ON stay_note_addenda
WHEN (NEW.id, NEW.version_id, NEW.patient_id, NEW.written_at, NEW.written_by, NEW.signer_name, NEW.key_id, NEW.signature)
    IS NOT (OLD.id, OLD.version_id, OLD.patient_id, OLD.written_at, OLD.written_by, OLD.signer_name, OLD.key_id, OLD.signature) OR substr(NEW.sealed, 66) <> substr(OLD.sealed, 66)
BEGIN
    SELECT RAISE(ABORT, 'stay_note_addenda_frozen');
END;
CREATE TRIGGER stay_note_addenda_kept BEFORE DELETE ON stay_note_addenda
BEGIN
    SELECT RAISE(ABORT, 'stay_note_addenda_frozen');
END;
CREATE TRIGGER stay_notes_key_open_insert BEFORE INSERT ON stay_notes
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER stay_notes_key_open_update BEFORE UPDATE OF sealed ON stay_notes WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER stay_note_addenda_key_open_insert BEFORE INSERT ON stay_note_addenda
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER stay_note_addenda_key_open_update BEFORE UPDATE OF sealed ON stay_note_addenda WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
