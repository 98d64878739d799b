-- Archives of images (PACS) that are asked over DICOMweb, and the studies that were found there.

CREATE TABLE imaging_archives (
    id          BLOB PRIMARY KEY NOT NULL,
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    name        TEXT NOT NULL CHECK (length(trim(name)) > 0 AND length(name) <= 80),
    -- The address of its DICOMweb service, without a slash at the end.
    base_url    TEXT NOT NULL CHECK (length(base_url) BETWEEN 10 AND 300),
    -- The login and the password.
    sealed      BLOB NOT NULL CHECK (length(sealed) <= 2000),
    version     INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at  TEXT NOT NULL,
    updated_by  BLOB NOT NULL REFERENCES users (id),
    -- The last complete answer, and the last failure after it.
    asked_at    TEXT,
    failed_at   TEXT,
    failure     TEXT NOT NULL DEFAULT '' CHECK (length(failure) <= 300),
    retired_at  TEXT,
    UNIQUE (id, clinic_id),
    CONSTRAINT archives_name UNIQUE (clinic_id, name),
    CONSTRAINT archives_failed CHECK ((failed_at IS NULL) = (length(failure) = 0))
) STRICT;

-- A study that an archive holds.
CREATE TABLE imaging_studies (
    id             BLOB PRIMARY KEY NOT NULL,
    archive_id     BLOB NOT NULL,
    clinic_id      BLOB NOT NULL,
    -- The Study Instance UID.
    study_uid      TEXT NOT NULL CHECK (length(study_uid) BETWEEN 1 AND 64),
    accession      TEXT NOT NULL DEFAULT '' CHECK (length(accession) <= 64),
    modalities     TEXT NOT NULL DEFAULT '' CHECK (length(modalities) <= 60),
    -- Day and time as the device recorded them: 2026-11-29 12:00.
    taken          TEXT NOT NULL DEFAULT '' CHECK (length(taken) <= 16),
    series_count   INTEGER NOT NULL CHECK (series_count >= 0),
    image_count    INTEGER NOT NULL CHECK (image_count >= 0),
    -- The patient as the device recorded it: number, name, birth date, sex; the description of the study.
    sealed         BLOB NOT NULL CHECK (length(sealed) <= 20000),
    state          TEXT NOT NULL CHECK (state IN ('unmatched', 'matched', 'dismissed')),
    reason         TEXT NOT NULL DEFAULT '' CHECK (reason IN ('', 'no_accession', 'unknown_accession', 'other_patient', 'closed', 'changed',
                       'untied')),
    imaging_id     BLOB,
    patient_id     BLOB,
    matched_at     TEXT,
    matched_by     BLOB REFERENCES users (id),
    -- The words of the person who tied, untied or dismissed it.
    remark         TEXT NOT NULL DEFAULT '' CHECK (length(remark) <= 500),
    found_at       TEXT NOT NULL,
    version        INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at     TEXT NOT NULL,
    updated_by     BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT studies_of_archive FOREIGN KEY (archive_id, clinic_id) REFERENCES imaging_archives (id, clinic_id),
    CONSTRAINT studies_of_order FOREIGN KEY (imaging_id, patient_id) REFERENCES imaging_orders (id, patient_id),
    CONSTRAINT studies_uid UNIQUE (archive_id, study_uid),
    CONSTRAINT studies_matched CHECK ((state = 'matched') = (imaging_id IS NOT NULL) AND (state = 'matched') = (patient_id IS NOT NULL)
        AND (state = 'matched') = (matched_at IS NOT NULL) AND (state = 'matched') = (matched_by IS NOT NULL)),
    CONSTRAINT studies_reasoned CHECK (state <> 'unmatched' OR length(reason) > 0),
    CONSTRAINT studies_dismissed CHECK (state <> 'dismissed' OR length(trim(remark)) > 0),
    CONSTRAINT studies_untied CHECK (state <> 'unmatched' OR reason <> 'untied' OR length(trim(remark)) > 0)
) STRICT;
CREATE INDEX imaging_studies_unmatched ON imaging_studies (clinic_id, found_at, id) WHERE state = 'unmatched';
CREATE INDEX imaging_studies_by_order ON imaging_studies (imaging_id, patient_id) WHERE imaging_id IS NOT NULL;
CREATE INDEX imaging_studies_by_archive ON imaging_studies (archive_id, clinic_id);

CREATE TRIGGER imaging_archives_key_open_insert BEFORE INSERT ON imaging_archives
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER imaging_archives_key_open_update BEFORE UPDATE OF sealed ON imaging_archives WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER imaging_studies_key_open_insert BEFORE INSERT ON imaging_studies
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER imaging_studies_key_open_update BEFORE UPDATE OF sealed ON imaging_studies WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER archives_kept BEFORE DELETE ON imaging_archives
BEGIN
    SELECT RAISE(ABORT, 'archives_kept');
END;
CREATE TRIGGER archives_fixed BEFORE UPDATE ON imaging_archives
WHEN (NEW.id, NEW.clinic_id) IS NOT (OLD.id, OLD.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'archives_fixed');
END;
CREATE TRIGGER studies_kept BEFORE DELETE ON imaging_studies
BEGIN
    SELECT RAISE(ABORT, 'studies_kept');
END;
CREATE TRIGGER studies_fixed BEFORE UPDATE ON imaging_studies
WHEN (NEW.id, NEW.archive_id, NEW.clinic_id, NEW.study_uid, NEW.found_at)
    IS NOT (OLD.id, OLD.archive_id, OLD.clinic_id, OLD.study_uid, OLD.found_at)
BEGIN
    SELECT RAISE(ABORT, 'studies_fixed');
END;
-- A study goes from one order to another only over the list of unmatched ones.
CREATE TRIGGER studies_moves BEFORE UPDATE ON imaging_studies
WHEN (NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('unmatched>matched', 'unmatched>dismissed', 'matched>unmatched',
        'dismissed>unmatched'))
    OR (NEW.state = OLD.state AND NEW.imaging_id IS NOT OLD.imaging_id)
    OR (NEW.state <> OLD.state AND NEW.version <> OLD.version + 1)
BEGIN
    SELECT RAISE(ABORT, 'studies_moves');
END;
-- The order is placed, of the same patient, and at the clinic of the archive.
CREATE TRIGGER studies_same_patient_insert BEFORE INSERT ON imaging_studies
WHEN NEW.imaging_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM imaging_orders i WHERE i.id = NEW.imaging_id
    AND i.patient_id = NEW.patient_id AND i.clinic_id = NEW.clinic_id AND i.accession IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'studies_same_patient');
END;
CREATE TRIGGER studies_same_patient_update BEFORE UPDATE ON imaging_studies
WHEN NEW.imaging_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM imaging_orders i WHERE i.id = NEW.imaging_id
    AND i.patient_id = NEW.patient_id AND i.clinic_id = NEW.clinic_id AND i.accession IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'studies_same_patient');
END;
