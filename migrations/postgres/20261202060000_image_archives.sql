-- Archives of images (PACS) that are asked over DICOMweb, and the studies that were found there.

CREATE TABLE imaging_archives (
    id          UUID PRIMARY KEY NOT NULL,
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    name        TEXT NOT NULL CHECK (length(trim(name)) > 0 AND length(name) <= 80),
    -- The address of its DICOMweb service, without a slash at the end.
    base_url    TEXT NOT NULL CHECK (length(base_url) BETWEEN 10 AND 300),
    -- The login and the password.
    sealed      BYTEA NOT NULL CHECK (length(sealed) <= 2000),
    version     BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at  TIMESTAMPTZ NOT NULL,
    updated_by  UUID NOT NULL REFERENCES users (id),
    -- The last complete answer, and the last failure after it.
    asked_at    TIMESTAMPTZ,
    failed_at   TIMESTAMPTZ,
    failure     TEXT NOT NULL DEFAULT '' CHECK (length(failure) <= 300),
    retired_at  TIMESTAMPTZ,
    UNIQUE (id, clinic_id),
    CONSTRAINT archives_name UNIQUE (clinic_id, name),
    CONSTRAINT archives_failed CHECK ((failed_at IS NULL) = (length(failure) = 0))
);

-- A study that an archive holds.
CREATE TABLE imaging_studies (
    id             UUID PRIMARY KEY NOT NULL,
    archive_id     UUID NOT NULL,
    clinic_id      UUID NOT NULL,
    -- The Study Instance UID.
    study_uid      TEXT NOT NULL CHECK (length(study_uid) BETWEEN 1 AND 64),
    accession      TEXT NOT NULL DEFAULT '' CHECK (length(accession) <= 64),
    modalities     TEXT NOT NULL DEFAULT '' CHECK (length(modalities) <= 60),
    -- Day and time as the device recorded them: 2026-11-29 12:00.
    taken          TEXT NOT NULL DEFAULT '' CHECK (length(taken) <= 16),
    series_count   BIGINT NOT NULL CHECK (series_count >= 0),
    image_count    BIGINT NOT NULL CHECK (image_count >= 0),
    -- The patient as the device recorded it: number, name, birth date, sex; the description of the study.
    sealed         BYTEA NOT NULL CHECK (length(sealed) <= 20000),
    state          TEXT NOT NULL CHECK (state IN ('unmatched', 'matched', 'dismissed')),
    reason         TEXT NOT NULL DEFAULT '' CHECK (reason IN ('', 'no_accession', 'unknown_accession', 'other_patient', 'closed', 'changed',
                       'untied')),
    imaging_id     UUID,
    patient_id     UUID,
    matched_at     TIMESTAMPTZ,
    matched_by     UUID REFERENCES users (id),
    -- The words of the person who tied, untied or dismissed it.
    remark         TEXT NOT NULL DEFAULT '' CHECK (length(remark) <= 500),
    found_at       TIMESTAMPTZ NOT NULL,
    version        BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at     TIMESTAMPTZ NOT NULL,
    updated_by     UUID NOT NULL REFERENCES users (id),
    CONSTRAINT studies_of_archive FOREIGN KEY (archive_id, clinic_id) REFERENCES imaging_archives (id, clinic_id),
    CONSTRAINT studies_of_order FOREIGN KEY (imaging_id, patient_id) REFERENCES imaging_orders (id, patient_id),
    CONSTRAINT studies_uid UNIQUE (archive_id, study_uid),
    CONSTRAINT studies_matched CHECK ((state = 'matched') = (imaging_id IS NOT NULL) AND (state = 'matched') = (patient_id IS NOT NULL)
        AND (state = 'matched') = (matched_at IS NOT NULL) AND (state = 'matched') = (matched_by IS NOT NULL)),
    CONSTRAINT studies_reasoned CHECK (state <> 'unmatched' OR length(reason) > 0),
    CONSTRAINT studies_dismissed CHECK (state <> 'dismissed' OR length(trim(remark)) > 0),
    CONSTRAINT studies_untied CHECK (state <> 'unmatched' OR reason <> 'untied' OR length(trim(remark)) > 0)
);
CREATE INDEX imaging_studies_unmatched ON imaging_studies (clinic_id, found_at, id) WHERE state = 'unmatched';
CREATE INDEX imaging_studies_by_order ON imaging_studies (imaging_id, patient_id) WHERE imaging_id IS NOT NULL;
CREATE INDEX imaging_studies_by_archive ON imaging_studies (archive_id, clinic_id);

ALTER TABLE imaging_studies ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON imaging_studies USING (clinic_id = ANY ((SELECT reader_clinics())::uuid[])
    OR EXISTS (SELECT 1 FROM imaging_orders i WHERE i.id = imaging_studies.imaging_id OFFSET 0))
    WITH CHECK (clinic_id = ANY ((SELECT reader_clinics())::uuid[]));
REVOKE DELETE, TRUNCATE ON imaging_archives, imaging_studies FROM infirmary_app;

CREATE TRIGGER imaging_archives_key_open_insert AFTER INSERT ON imaging_archives REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER imaging_archives_key_open_update BEFORE UPDATE OF sealed ON imaging_archives FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER imaging_studies_key_open_insert AFTER INSERT ON imaging_studies REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER imaging_studies_key_open_update BEFORE UPDATE OF sealed ON imaging_studies FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER archives_kept BEFORE DELETE ON imaging_archives FOR EACH ROW EXECUTE FUNCTION row_fixed('archives_kept');
CREATE TRIGGER archives_fixed BEFORE UPDATE ON imaging_archives FOR EACH ROW
WHEN ((NEW.id, NEW.clinic_id) IS DISTINCT FROM (OLD.id, OLD.clinic_id)) EXECUTE FUNCTION row_fixed('archives_fixed');
CREATE TRIGGER studies_kept BEFORE DELETE ON imaging_studies FOR EACH ROW EXECUTE FUNCTION row_fixed('studies_kept');
CREATE TRIGGER studies_fixed BEFORE UPDATE ON imaging_studies FOR EACH ROW
WHEN ((NEW.id, NEW.archive_id, NEW.clinic_id, NEW.study_uid, NEW.found_at)
    IS DISTINCT FROM (OLD.id, OLD.archive_id, OLD.clinic_id, OLD.study_uid, OLD.found_at))
EXECUTE FUNCTION row_fixed('studies_fixed');
-- A study goes from one order to another only over the list of unmatched ones.
CREATE TRIGGER studies_moves BEFORE UPDATE ON imaging_studies FOR EACH ROW
WHEN ((NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('unmatched>matched', 'unmatched>dismissed', 'matched>unmatched',
        'dismissed>unmatched'))
    OR (NEW.state = OLD.state AND NEW.imaging_id IS DISTINCT FROM OLD.imaging_id)
    OR (NEW.state <> OLD.state AND NEW.version <> OLD.version + 1))
EXECUTE FUNCTION row_fixed('studies_moves');
-- The order is placed, of the same patient, and at the clinic of the archive. The function reads as its owner.
CREATE FUNCTION studies_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM imaging_orders i WHERE i.id = NEW.imaging_id AND i.patient_id = NEW.patient_id AND i.clinic_id = NEW.clinic_id
        AND i.accession IS NOT NULL) THEN
        PERFORM refuse('studies_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER studies_same_patient BEFORE INSERT OR UPDATE ON imaging_studies FOR EACH ROW WHEN (NEW.imaging_id IS NOT NULL)
EXECUTE FUNCTION studies_same_patient();
