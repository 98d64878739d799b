-- A recall of batches at a clinic: the notice is announced, the stock is blocked, the patients who got something of it are found and told, and the
-- recall is closed when nothing of the batches is left. Each step has its time and its user.
CREATE TABLE stock_recalls (
    id             UUID PRIMARY KEY NOT NULL,
    -- The clinics that had something of the batches work through the same notice: the stock is blocked in all of them at once.
    notice_id      UUID NOT NULL,
    clinic_id      UUID NOT NULL REFERENCES clinics (id),
    item_id        UUID NOT NULL REFERENCES stock_items (id),
    source         TEXT NOT NULL CHECK (source IN ('maker', 'supplier', 'authority', 'own')),
    reference      TEXT NOT NULL CHECK (length(trim(reference)) BETWEEN 1 AND 100),
    reason         TEXT NOT NULL CHECK (length(trim(reason)) BETWEEN 1 AND 500),
    state          TEXT NOT NULL CHECK (state IN ('announced', 'quarantined', 'traced', 'closed')),
    announced_at   TIMESTAMPTZ NOT NULL,
    announced_by   UUID NOT NULL REFERENCES users (id),
    quarantined_at TIMESTAMPTZ,
    quarantined_by UUID REFERENCES users (id),
    traced_at      TIMESTAMPTZ,
    traced_by      UUID REFERENCES users (id),
    closed_at      TIMESTAMPTZ,
    closed_by      UUID REFERENCES users (id),
    version        BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT recalls_steps CHECK ((quarantined_at IS NULL) = (state = 'announced') AND (quarantined_at IS NULL) = (quarantined_by IS NULL)
        AND (traced_at IS NOT NULL) = (state IN ('traced', 'closed')) AND (traced_at IS NULL) = (traced_by IS NULL)
        AND (closed_at IS NOT NULL) = (state = 'closed') AND (closed_at IS NULL) = (closed_by IS NULL))
);
CREATE UNIQUE INDEX recalls_once ON stock_recalls (notice_id, clinic_id);
CREATE INDEX stock_recalls_by_clinic ON stock_recalls (clinic_id, announced_at);
CREATE INDEX stock_recalls_open ON stock_recalls (clinic_id) WHERE state <> 'closed';
CREATE INDEX stock_recalls_by_item ON stock_recalls (item_id);

CREATE TABLE stock_recall_batches (
    recall_id UUID NOT NULL REFERENCES stock_recalls (id),
    batch_id  UUID NOT NULL REFERENCES stock_batches (id),
    PRIMARY KEY (recall_id, batch_id)
);
CREATE INDEX stock_recall_batches_by_batch ON stock_recall_batches (batch_id);

-- The patients who got something of the batches.
CREATE TABLE recall_patients (
    id         UUID PRIMARY KEY NOT NULL,
    recall_id  UUID NOT NULL REFERENCES stock_recalls (id),
    patient_id UUID NOT NULL REFERENCES patients (id),
    clinic_id  UUID NOT NULL REFERENCES clinics (id),
    state      TEXT NOT NULL DEFAULT 'found' CHECK (state IN ('found', 'told', 'not_reached')),
    -- How the patient was told.
    way        TEXT CHECK (way IN ('call', 'letter', 'in_person')),
    found_at   TIMESTAMPTZ NOT NULL,
    settled_at TIMESTAMPTZ,
    settled_by UUID REFERENCES users (id),
    CONSTRAINT recall_patients_told CHECK ((state = 'told') = (way IS NOT NULL) AND (state = 'found') = (settled_at IS NULL)
        AND (settled_at IS NULL) = (settled_by IS NULL))
);
CREATE UNIQUE INDEX recall_patients_once ON recall_patients (recall_id, patient_id);
CREATE INDEX recall_patients_by_patient ON recall_patients (patient_id);
CREATE INDEX recall_patients_by_clinic ON recall_patients (clinic_id);

CREATE TRIGGER recalls_begin BEFORE INSERT ON stock_recalls FOR EACH ROW
WHEN (NEW.state <> 'announced' OR NEW.version <> 1) EXECUTE FUNCTION row_fixed('recalls_moves');
CREATE TRIGGER recalls_moves BEFORE UPDATE ON stock_recalls FOR EACH ROW
WHEN (NEW.version <> OLD.version + 1 OR (OLD.state, NEW.state) NOT IN (('announced', 'quarantined'), ('quarantined', 'traced'), ('traced', 'closed'))) EXECUTE FUNCTION row_fixed('recalls_moves');
CREATE TRIGGER recalls_fixed BEFORE UPDATE ON stock_recalls FOR EACH ROW
WHEN ((NEW.id, NEW.notice_id, NEW.clinic_id, NEW.item_id, NEW.source, NEW.reference, NEW.reason, NEW.announced_at, NEW.announced_by)
    IS DISTINCT FROM (OLD.id, OLD.notice_id, OLD.clinic_id, OLD.item_id, OLD.source, OLD.reference, OLD.reason, OLD.announced_at, OLD.announced_by)
    OR (OLD.quarantined_at IS NOT NULL AND NEW.quarantined_at IS DISTINCT FROM OLD.quarantined_at) OR (OLD.quarantined_by IS NOT NULL AND NEW.quarantined_by IS DISTINCT FROM OLD.quarantined_by) OR (OLD.traced_at IS NOT NULL AND NEW.traced_at IS DISTINCT FROM OLD.traced_at) OR (OLD.traced_by IS NOT NULL AND NEW.traced_by IS DISTINCT FROM OLD.traced_by) OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at) OR (OLD.closed_by IS NOT NULL AND NEW.closed_by IS DISTINCT FROM OLD.closed_by))
EXECUTE FUNCTION row_fixed('recalls_fixed');
CREATE TRIGGER recalls_kept BEFORE DELETE ON stock_recalls FOR EACH ROW EXECUTE FUNCTION row_fixed('recalls_fixed');
-- The stock is blocked before the patients are looked for.
CREATE FUNCTION recalls_blocked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM stock_recall_batches k JOIN stock_batches b ON b.id = k.batch_id WHERE k.recall_id = NEW.id AND b.status <> 'recalled') THEN
        PERFORM refuse('recalls_blocked');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recalls_blocked BEFORE UPDATE ON stock_recalls FOR EACH ROW WHEN (NEW.state = 'quarantined') EXECUTE FUNCTION recalls_blocked();
-- Nothing of the batches is left at the clinic, and no patient waits to be told.
CREATE FUNCTION recalls_settled() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM stock_recall_batches k JOIN stock_lines l ON l.batch_id = k.batch_id JOIN storerooms r ON r.id = l.store_id
            WHERE k.recall_id = NEW.id AND r.clinic_id = NEW.clinic_id AND l.on_hand > 0)
        OR EXISTS (SELECT 1 FROM recall_patients p WHERE p.recall_id = NEW.id AND p.state = 'found') THEN
        PERFORM refuse('recalls_settled');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recalls_settled BEFORE UPDATE ON stock_recalls FOR EACH ROW WHEN (NEW.state = 'closed') EXECUTE FUNCTION recalls_settled();
CREATE FUNCTION recall_batches_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM stock_recalls c JOIN stock_batches b ON b.item_id = c.item_id
        WHERE c.id = NEW.recall_id AND b.id = NEW.batch_id AND c.state = 'announced') THEN
        PERFORM refuse('recall_batches_fixed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recall_batches_fixed BEFORE INSERT ON stock_recall_batches FOR EACH ROW EXECUTE FUNCTION recall_batches_fixed();
CREATE TRIGGER recall_batches_kept BEFORE UPDATE OR DELETE ON stock_recall_batches FOR EACH ROW EXECUTE FUNCTION row_fixed('recall_batches_fixed');
CREATE FUNCTION recall_patients_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM stock_recalls c WHERE c.id = NEW.recall_id AND c.clinic_id = NEW.clinic_id AND c.state IN ('quarantined', 'traced')) THEN
        PERFORM refuse('recall_patients_open');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recall_patients_open BEFORE INSERT OR UPDATE ON recall_patients FOR EACH ROW EXECUTE FUNCTION recall_patients_open();
CREATE TRIGGER recall_patients_fixed BEFORE UPDATE ON recall_patients FOR EACH ROW
WHEN ((NEW.id, NEW.recall_id, NEW.patient_id, NEW.clinic_id, NEW.found_at) IS DISTINCT FROM (OLD.id, OLD.recall_id, OLD.patient_id, OLD.clinic_id, OLD.found_at)
    OR OLD.state = 'told' OR NEW.state = 'found') EXECUTE FUNCTION row_fixed('recall_patients_fixed');
CREATE TRIGGER recall_patients_begin BEFORE INSERT ON recall_patients FOR EACH ROW
WHEN (NEW.state <> 'found') EXECUTE FUNCTION row_fixed('recall_patients_fixed');
CREATE TRIGGER recall_patients_kept BEFORE DELETE ON recall_patients FOR EACH ROW EXECUTE FUNCTION row_fixed('recall_patients_fixed');
SELECT guard_rows('recall_patients');
REVOKE DELETE, TRUNCATE ON stock_recalls, stock_recall_batches, recall_patients FROM infirmary_app;
REVOKE UPDATE ON stock_recall_batches FROM infirmary_app;
