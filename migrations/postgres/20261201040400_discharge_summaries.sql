-- The summary of a stay in versions, with the medicines to go on with. A signed one decides on each medicine order of the stay.

CREATE TABLE discharge_summaries (
    id            UUID PRIMARY KEY NOT NULL,
    admission_id  UUID NOT NULL REFERENCES admissions (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    version       BIGINT NOT NULL CHECK (version >= 1),
    state         TEXT NOT NULL CHECK (state IN ('draft', 'final')),
    -- Diagnoses, course, results, instructions, what is open, and the reason of an amendment.
    sealed        BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 400000),
    -- Increases with each save of a draft.
    saved         BIGINT NOT NULL DEFAULT 1 CHECK (saved >= 1),
    created_at    TIMESTAMPTZ NOT NULL,
    author_id     UUID NOT NULL REFERENCES users (id),
    signed_at     TIMESTAMPTZ,
    signed_by     UUID REFERENCES users (id),
    -- As it was when it was signed.
    signer_name   TEXT NOT NULL DEFAULT '' CHECK (length(signer_name) <= 200),
    key_id        UUID REFERENCES signing_keys (id),
    signature     BYTEA CHECK (length(signature) = 64),
    superseded_at TIMESTAMPTZ,
    UNIQUE (id, patient_id),
    CONSTRAINT discharge_summaries_versions UNIQUE (admission_id, version),
    CONSTRAINT discharge_summaries_signed CHECK ((state = 'final') = (signed_at IS NOT NULL) AND (signed_at IS NULL) = (signed_by IS NULL)
        AND (signed_at IS NULL) = (key_id IS NULL) AND (signed_at IS NULL) = (signature IS NULL) AND (signed_at IS NULL) = (signer_name = '')),
    CONSTRAINT discharge_summaries_superseded CHECK (superseded_at IS NULL OR (state = 'final' AND superseded_at >= signed_at))
);
CREATE UNIQUE INDEX discharge_summaries_one_final ON discharge_summaries (admission_id) WHERE state = 'final' AND superseded_at IS NULL;
CREATE UNIQUE INDEX discharge_summaries_one_draft ON discharge_summaries (admission_id) WHERE state = 'draft';
CREATE INDEX discharge_summaries_by_patient ON discharge_summaries (patient_id, signed_at);
CREATE INDEX discharge_summaries_by_key ON discharge_summaries (key_id) WHERE key_id IS NOT NULL;
CREATE TABLE discharge_medicines (
    id            UUID PRIMARY KEY NOT NULL,
    summary_id    UUID NOT NULL,
    patient_id    UUID NOT NULL REFERENCES patients (id),
    nth           BIGINT NOT NULL CHECK (nth >= 1),
    -- The order of the stay that it decides on; none for a medicine that is new.
    order_id      UUID,
    decision      TEXT NOT NULL CHECK (decision IN ('continue', 'changed', 'stopped', 'new')),
    -- The medicine, the dosage, and the reason.
    sealed        BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 20000),
    CONSTRAINT discharge_medicines_in_turn UNIQUE (summary_id, nth),
    CONSTRAINT discharge_medicines_new CHECK ((decision = 'new') = (order_id IS NULL)),
    CONSTRAINT discharge_medicines_same_patient FOREIGN KEY (summary_id, patient_id) REFERENCES discharge_summaries (id, patient_id),
    CONSTRAINT discharge_medicines_order FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id)
);
CREATE UNIQUE INDEX discharge_medicines_once ON discharge_medicines (summary_id, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX discharge_medicines_by_order ON discharge_medicines (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX discharge_medicines_by_patient ON discharge_medicines (patient_id);
-- A summary is of a patient who was admitted. The function reads as its owner.
CREATE FUNCTION discharge_summaries_of_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id
    AND a.admitted_at <= NEW.created_at AND a.state IN ('admitted', 'discharged')) THEN
        PERFORM refuse('discharge_summaries_of_stay');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER discharge_summaries_of_stay BEFORE INSERT ON discharge_summaries FOR EACH ROW EXECUTE FUNCTION discharge_summaries_of_stay();
CREATE FUNCTION discharge_summaries_start() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'draft' THEN
        PERFORM refuse('discharge_summaries_frozen');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER discharge_summaries_start BEFORE INSERT ON discharge_summaries FOR EACH ROW EXECUTE FUNCTION discharge_summaries_start();
-- The medicines of a signed summary stay what they are. The function reads as its owner.
CREATE FUNCTION discharge_medicines_draft() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM discharge_summaries s WHERE s.id = NEW.summary_id AND s.state = 'draft') THEN
        PERFORM refuse('discharge_summaries_frozen');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER discharge_medicines_draft BEFORE INSERT ON discharge_medicines FOR EACH ROW EXECUTE FUNCTION discharge_medicines_draft();
CREATE TRIGGER discharge_summaries_frozen BEFORE UPDATE ON discharge_summaries FOR EACH ROW
WHEN ((NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.version, NEW.created_at, NEW.author_id)
    IS DISTINCT FROM (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.version, OLD.created_at, OLD.author_id) OR (OLD.state = 'final' AND substr(NEW.sealed, 66) <> substr(OLD.sealed, 66)) OR (OLD.state = 'final' AND ((NEW.state, NEW.saved, NEW.signed_at, NEW.signed_by, NEW.signer_name, NEW.key_id, NEW.signature)
    IS DISTINCT FROM (OLD.state, OLD.saved, OLD.signed_at, OLD.signed_by, OLD.signer_name, OLD.key_id, OLD.signature)
    OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at <> OLD.superseded_at))))
EXECUTE FUNCTION row_fixed('discharge_summaries_frozen');
CREATE TRIGGER discharge_summaries_kept BEFORE DELETE ON discharge_summaries FOR EACH ROW EXECUTE FUNCTION row_fixed('discharge_summaries_frozen');
-- Signing decides on each medicine order that is active. The function reads as its owner; an order at the same moment waits for the stay.
CREATE FUNCTION discharge_medicines_complete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM admissions a WHERE a.id = NEW.admission_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM care_orders o WHERE o.admission_id = NEW.admission_id AND o.kind = 'medicine'
        AND (o.state = 'active' OR o.state = 'on_hold')
        AND NOT EXISTS (SELECT 1 FROM discharge_medicines d WHERE d.summary_id = NEW.id AND d.order_id = o.id)) THEN
        PERFORM refuse('discharge_medicines_complete');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER discharge_medicines_complete BEFORE UPDATE OF state ON discharge_summaries FOR EACH ROW
WHEN (NEW.state = 'final' AND OLD.state = 'draft') EXECUTE FUNCTION discharge_medicines_complete();
CREATE TRIGGER discharge_medicines_frozen BEFORE UPDATE ON discharge_medicines FOR EACH ROW
WHEN ((NEW.id, NEW.summary_id, NEW.patient_id, NEW.nth, NEW.order_id, NEW.decision)
        IS DISTINCT FROM (OLD.id, OLD.summary_id, OLD.patient_id, OLD.nth, OLD.order_id, OLD.decision)
    OR substr(NEW.sealed, 66) <> substr(OLD.sealed, 66))
EXECUTE FUNCTION row_fixed('discharge_summaries_frozen');
CREATE FUNCTION discharge_medicines_kept() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM discharge_summaries s WHERE s.id = OLD.summary_id AND s.state <> 'draft') THEN
        PERFORM refuse('discharge_summaries_frozen');
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER discharge_medicines_kept BEFORE DELETE ON discharge_medicines FOR EACH ROW EXECUTE FUNCTION discharge_medicines_kept();
CREATE TRIGGER discharge_summaries_key_open_insert AFTER INSERT ON discharge_summaries REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER discharge_summaries_key_open_update BEFORE UPDATE OF sealed ON discharge_summaries FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER discharge_medicines_key_open_insert AFTER INSERT ON discharge_medicines REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER discharge_medicines_key_open_update BEFORE UPDATE OF sealed ON discharge_medicines FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['discharge_summaries']::regclass[]) AS guarded;
ALTER TABLE discharge_medicines ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON discharge_medicines USING (EXISTS (SELECT 1 FROM discharge_summaries p WHERE p.id = discharge_medicines.summary_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON discharge_summaries FROM infirmary_app;
