-- Reports of imaging as versions, their addenda, critical findings with their calls, and the doctor's review.

CREATE TABLE radiology_reports (
    id             UUID PRIMARY KEY NOT NULL,
    imaging_id     UUID NOT NULL,
    patient_id     UUID NOT NULL REFERENCES patients (id),
    clinic_id      UUID NOT NULL REFERENCES clinics (id),
    version        BIGINT NOT NULL CHECK (version >= 1),
    state          TEXT NOT NULL CHECK (state IN ('draft', 'final')),
    -- The technique, the comparison, the findings, the impression, and the reason of a correction.
    sealed         BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 400000),
    weight         TEXT CHECK (weight IN ('critical', 'abnormal', 'normal')),
    -- Increases with each save of a draft.
    saved          BIGINT NOT NULL DEFAULT 1 CHECK (saved >= 1),
    created_at     TIMESTAMPTZ NOT NULL,
    author_id      UUID NOT NULL REFERENCES users (id),
    signed_at      TIMESTAMPTZ,
    signed_by      UUID REFERENCES users (id),
    -- As it was when it was signed.
    signer_name    TEXT NOT NULL DEFAULT '' CHECK (length(signer_name) <= 200),
    key_id         UUID REFERENCES signing_keys (id),
    signature      BYTEA CHECK (length(signature) = 64),
    -- From this time on the patient sees it in the portal.
    portal_from    TIMESTAMPTZ,
    superseded_at  TIMESTAMPTZ,
    UNIQUE (id, patient_id),
    CONSTRAINT radiology_reports_versions UNIQUE (imaging_id, version),
    CONSTRAINT radiology_reports_signed CHECK ((state = 'final') = (signed_at IS NOT NULL) AND (signed_at IS NULL) = (signed_by IS NULL)
        AND (signed_at IS NULL) = (key_id IS NULL) AND (signed_at IS NULL) = (signature IS NULL) AND (signed_at IS NULL) = (signer_name = '')
        AND (signed_at IS NULL OR weight IS NOT NULL)),
    CONSTRAINT radiology_reports_superseded CHECK (superseded_at IS NULL OR (state = 'final' AND superseded_at >= signed_at)),
    CONSTRAINT portal_only_released CHECK (portal_from IS NULL OR (state = 'final' AND portal_from >= signed_at))
);
CREATE UNIQUE INDEX reports_one_final ON radiology_reports (imaging_id) WHERE state = 'final' AND superseded_at IS NULL;
CREATE INDEX radiology_reports_by_key ON radiology_reports (key_id);
CREATE UNIQUE INDEX reports_one_draft ON radiology_reports (imaging_id) WHERE state = 'draft';
CREATE INDEX radiology_reports_by_patient ON radiology_reports (patient_id, signed_at) WHERE state = 'final' AND superseded_at IS NULL;
CREATE INDEX radiology_reports_drafts ON radiology_reports (clinic_id, created_at) WHERE state = 'draft';

CREATE TABLE radiology_addenda (
    id           UUID PRIMARY KEY NOT NULL,
    report_id    UUID NOT NULL,
    patient_id   UUID NOT NULL REFERENCES patients (id),
    sealed       BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000),
    written_at   TIMESTAMPTZ NOT NULL,
    written_by   UUID NOT NULL REFERENCES users (id),
    signer_name  TEXT NOT NULL CHECK (length(signer_name) BETWEEN 1 AND 200),
    key_id       UUID NOT NULL REFERENCES signing_keys (id),
    signature    BYTEA NOT NULL CHECK (length(signature) = 64)
);
CREATE INDEX radiology_addenda_by_report ON radiology_addenda (report_id, written_at);
CREATE INDEX radiology_addenda_by_key ON radiology_addenda (key_id);

-- A critical finding that is called: within 60 minutes, 24 hours or 7 days.
CREATE TABLE radiology_findings (
    id              UUID PRIMARY KEY NOT NULL,
    imaging_id      UUID NOT NULL,
    patient_id      UUID NOT NULL REFERENCES patients (id),
    clinic_id       UUID NOT NULL REFERENCES clinics (id),
    within          TEXT NOT NULL CHECK (within IN ('minutes_60', 'hours_24', 'days_7')),
    -- The finding, as it is called.
    sealed          BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 20000),
    opened_at       TIMESTAMPTZ NOT NULL,
    opened_by       UUID NOT NULL REFERENCES users (id),
    due_at          TIMESTAMPTZ NOT NULL,
    -- 0: the orderer; 1 at half of the time: the doctors of the clinic; 2 when it is due: the radiologists too.
    level           BIGINT NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 2),
    next_at         TIMESTAMPTZ NOT NULL,
    closed_at       TIMESTAMPTZ,
    closed_by       UUID REFERENCES users (id),
    -- The person who read the finding back.
    read_back_name  TEXT NOT NULL DEFAULT '' CHECK (length(read_back_name) <= 120),
    CONSTRAINT radiology_findings_due CHECK (due_at > opened_at),
    CONSTRAINT radiology_findings_closed CHECK ((closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL OR closed_at >= opened_at)),
    CONSTRAINT radiology_findings_read_back CHECK (closed_at IS NULL OR length(trim(read_back_name)) > 0)
);
CREATE UNIQUE INDEX radiology_findings_one_open ON radiology_findings (imaging_id) WHERE closed_at IS NULL;
CREATE INDEX radiology_findings_open ON radiology_findings (clinic_id, due_at) WHERE closed_at IS NULL;
CREATE INDEX radiology_findings_next ON radiology_findings (next_at) WHERE closed_at IS NULL AND level < 2;
CREATE INDEX radiology_findings_closed_list ON radiology_findings (clinic_id, closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX radiology_findings_by_order ON radiology_findings (imaging_id, opened_at);
CREATE INDEX radiology_findings_by_patient ON radiology_findings (patient_id, opened_at);

CREATE TABLE radiology_call_attempts (
    id          UUID PRIMARY KEY NOT NULL,
    finding_id  UUID NOT NULL REFERENCES radiology_findings (id),
    at          TIMESTAMPTZ NOT NULL,
    by_user     UUID NOT NULL REFERENCES users (id),
    whom        TEXT NOT NULL CHECK (length(trim(whom)) > 0 AND length(whom) <= 120),
    how         TEXT NOT NULL CHECK (how IN ('phone', 'in_person', 'message')),
    outcome     TEXT NOT NULL CHECK (outcome IN ('read_back', 'no_read_back', 'not_reached'))
);
CREATE INDEX radiology_call_attempts_by_finding ON radiology_call_attempts (finding_id, at);

-- A report that the doctor who ordered signs.
CREATE TABLE radiology_reviews (
    id            UUID PRIMARY KEY NOT NULL,
    report_id     UUID NOT NULL CONSTRAINT radiology_reviews_once UNIQUE,
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    clinician_id  UUID NOT NULL REFERENCES users (id),
    weight        TEXT NOT NULL CHECK (weight IN ('critical', 'abnormal', 'normal')),
    state         TEXT NOT NULL CHECK (state IN ('new', 'seen', 'signed', 'replaced')),
    due_at        TIMESTAMPTZ NOT NULL,
    escalated_at  TIMESTAMPTZ,
    action        TEXT CHECK (action IN ('none', 'patient_told', 'repeat', 'follow_up', 'refer')),
    created_at    TIMESTAMPTZ NOT NULL,
    signed_at     TIMESTAMPTZ,
    signed_by     UUID REFERENCES users (id),
    CONSTRAINT radiology_reviews_signed CHECK ((state = 'signed') = (signed_at IS NOT NULL) AND (signed_at IS NULL) = (signed_by IS NULL)
        AND (signed_at IS NULL) = (action IS NULL))
);
CREATE INDEX radiology_reviews_inbox ON radiology_reviews (clinician_id, due_at) WHERE state = 'new';
CREATE INDEX radiology_reviews_open ON radiology_reviews (clinic_id, due_at) WHERE state = 'new';
CREATE INDEX radiology_reviews_due ON radiology_reviews (due_at) WHERE state = 'new' AND escalated_at IS NULL;
CREATE INDEX radiology_reviews_by_patient ON radiology_reviews (patient_id, created_at);

ALTER TABLE radiology_reports ADD CONSTRAINT radiology_reports_same_patient FOREIGN KEY (imaging_id, patient_id)
    REFERENCES imaging_orders (id, patient_id);
ALTER TABLE radiology_addenda ADD CONSTRAINT radiology_addenda_same_patient FOREIGN KEY (report_id, patient_id)
    REFERENCES radiology_reports (id, patient_id);
ALTER TABLE radiology_findings ADD CONSTRAINT radiology_findings_same_patient FOREIGN KEY (imaging_id, patient_id)
    REFERENCES imaging_orders (id, patient_id);
ALTER TABLE radiology_reviews ADD CONSTRAINT radiology_reviews_same_patient FOREIGN KEY (report_id, patient_id)
    REFERENCES radiology_reports (id, patient_id);

SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['radiology_reports', 'radiology_findings', 'radiology_reviews']::regclass[]) AS guarded;
ALTER TABLE radiology_addenda ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON radiology_addenda USING (EXISTS (SELECT 1 FROM radiology_reports r WHERE r.id = radiology_addenda.report_id OFFSET 0));
ALTER TABLE radiology_call_attempts ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON radiology_call_attempts
    USING (EXISTS (SELECT 1 FROM radiology_findings f WHERE f.id = radiology_call_attempts.finding_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON radiology_reports, radiology_addenda, radiology_findings, radiology_call_attempts, radiology_reviews FROM infirmary_app;
REVOKE UPDATE ON radiology_call_attempts FROM infirmary_app;

-- A report follows images. A signed one stays what it is: the patient sees it from a time on, and a later version replaces it. One with a
-- critical finding is signed only when the finding is called. The function reads as its owner.
CREATE FUNCTION refuse_radiology_report() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('radiology_reports_frozen');
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT 1 FROM imaging_orders i WHERE i.id = NEW.imaging_id AND i.step IN ('acquired', 'reported')) THEN
            PERFORM refuse('radiology_reports_of_images');
        END IF;
        IF NOT EXISTS (SELECT 1 FROM imaging_orders i WHERE i.id = NEW.imaging_id AND i.clinic_id = NEW.clinic_id) THEN
            PERFORM refuse('radiology_reports_same_patient');
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.imaging_id, NEW.patient_id, NEW.clinic_id, NEW.version, NEW.created_at, NEW.author_id)
            IS DISTINCT FROM (OLD.id, OLD.imaging_id, OLD.patient_id, OLD.clinic_id, OLD.version, OLD.created_at, OLD.author_id)
        OR (OLD.state = 'final' AND ((NEW.state, NEW.weight, NEW.saved, NEW.signed_at, NEW.signed_by, NEW.signer_name, NEW.key_id, NEW.signature)
                IS DISTINCT FROM (OLD.state, OLD.weight, OLD.saved, OLD.signed_at, OLD.signed_by, OLD.signer_name, OLD.key_id, OLD.signature)
            OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at))) THEN
        PERFORM refuse('radiology_reports_frozen');
    END IF;
    IF NEW.state = 'final' AND OLD.state <> 'final' AND NEW.weight = 'critical'
        AND NOT EXISTS (SELECT 1 FROM radiology_findings f WHERE f.imaging_id = NEW.imaging_id) THEN
        PERFORM refuse('radiology_findings_called');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER radiology_reports_frozen BEFORE INSERT OR UPDATE OR DELETE ON radiology_reports FOR EACH ROW EXECUTE FUNCTION refuse_radiology_report();
CREATE TRIGGER radiology_reports_start AFTER INSERT ON radiology_reports FOR EACH ROW WHEN (NEW.state <> 'draft')
EXECUTE FUNCTION row_fixed('radiology_reports_frozen');
-- An addendum and a review are of a signed report, a critical finding of a study that has begun. The functions read as their owner.
CREATE FUNCTION radiology_of_signed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM radiology_reports r WHERE r.id = NEW.report_id AND r.patient_id = NEW.patient_id AND r.state = 'final') THEN
        PERFORM refuse(TG_ARGV[0]);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER radiology_addenda_of_signed BEFORE INSERT ON radiology_addenda FOR EACH ROW
EXECUTE FUNCTION radiology_of_signed('radiology_addenda_same_patient');
CREATE TRIGGER radiology_reviews_of_signed BEFORE INSERT ON radiology_reviews FOR EACH ROW
EXECUTE FUNCTION radiology_of_signed('radiology_reviews_same_patient');
CREATE FUNCTION radiology_findings_of_images() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM imaging_orders i WHERE i.id = NEW.imaging_id AND i.patient_id = NEW.patient_id AND i.clinic_id = NEW.clinic_id
        AND i.step IN ('started', 'acquired', 'reported')) THEN
        PERFORM refuse('radiology_findings_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER radiology_findings_of_images BEFORE INSERT ON radiology_findings FOR EACH ROW EXECUTE FUNCTION radiology_findings_of_images();
CREATE TRIGGER radiology_addenda_frozen BEFORE UPDATE ON radiology_addenda FOR EACH ROW
WHEN ((NEW.id, NEW.report_id, NEW.patient_id, NEW.written_at, NEW.written_by, NEW.signer_name, NEW.key_id, NEW.signature)
    IS DISTINCT FROM (OLD.id, OLD.report_id, OLD.patient_id, OLD.written_at, OLD.written_by, OLD.signer_name, OLD.key_id, OLD.signature))
EXECUTE FUNCTION row_fixed('radiology_addenda_frozen');
CREATE TRIGGER radiology_addenda_kept BEFORE DELETE ON radiology_addenda FOR EACH ROW EXECUTE FUNCTION row_fixed('radiology_addenda_frozen');
CREATE TRIGGER radiology_findings_frozen BEFORE UPDATE ON radiology_findings FOR EACH ROW
WHEN ((NEW.id, NEW.imaging_id, NEW.patient_id, NEW.clinic_id, NEW.within, NEW.opened_at, NEW.opened_by, NEW.due_at)
        IS DISTINCT FROM (OLD.id, OLD.imaging_id, OLD.patient_id, OLD.clinic_id, OLD.within, OLD.opened_at, OLD.opened_by, OLD.due_at)
    OR NEW.level < OLD.level
    OR (OLD.closed_at IS NOT NULL AND (NEW.closed_at, NEW.closed_by, NEW.read_back_name, NEW.level)
        IS DISTINCT FROM (OLD.closed_at, OLD.closed_by, OLD.read_back_name, OLD.level)))
EXECUTE FUNCTION row_fixed('radiology_findings_frozen');
CREATE TRIGGER radiology_findings_kept BEFORE DELETE ON radiology_findings FOR EACH ROW EXECUTE FUNCTION row_fixed('radiology_findings_frozen');
CREATE TRIGGER radiology_call_attempts_fixed BEFORE UPDATE OR DELETE ON radiology_call_attempts FOR EACH ROW
EXECUTE FUNCTION row_fixed('radiology_findings_frozen');
CREATE TRIGGER radiology_reviews_frozen BEFORE UPDATE ON radiology_reviews FOR EACH ROW
WHEN ((NEW.id, NEW.report_id, NEW.patient_id, NEW.clinic_id, NEW.weight, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.report_id, OLD.patient_id, OLD.clinic_id, OLD.weight, OLD.created_at)
    OR OLD.state IN ('signed', 'replaced'))
EXECUTE FUNCTION row_fixed('radiology_reviews_frozen');
CREATE TRIGGER radiology_reviews_kept BEFORE DELETE ON radiology_reviews FOR EACH ROW EXECUTE FUNCTION row_fixed('radiology_reviews_frozen');
CREATE TRIGGER radiology_reports_key_open_insert AFTER INSERT ON radiology_reports REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER radiology_reports_key_open_update BEFORE UPDATE OF sealed ON radiology_reports FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER radiology_addenda_key_open_insert AFTER INSERT ON radiology_addenda REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER radiology_addenda_key_open_update BEFORE UPDATE OF sealed ON radiology_addenda FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER radiology_findings_key_open_insert AFTER INSERT ON radiology_findings REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER radiology_findings_key_open_update BEFORE UPDATE OF sealed ON radiology_findings FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
