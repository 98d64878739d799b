-- A recall of batches at a clinic: the notice is announced, the stock is blocked, the patients who got something of it are found and told, and the
-- recall is closed when nothing of the batches is left. Each step has its time and its user.
CREATE TABLE stock_recalls (
    id             BLOB PRIMARY KEY NOT NULL,
    -- The clinics that had something of the batches work through the same notice: the stock is blocked in all of them at once.
    notice_id      BLOB NOT NULL,
    clinic_id      BLOB NOT NULL REFERENCES clinics (id),
    item_id        BLOB NOT NULL REFERENCES stock_items (id),
    source         TEXT NOT NULL CHECK (source IN ('maker', 'supplier', 'authority', 'own')),
    reference      TEXT NOT NULL CHECK (length(trim(reference)) BETWEEN 1 AND 100),
    reason         TEXT NOT NULL CHECK (length(trim(reason)) BETWEEN 1 AND 500),
    state          TEXT NOT NULL CHECK (state IN ('announced', 'quarantined', 'traced', 'closed')),
    announced_at   TEXT NOT NULL,
    announced_by   BLOB NOT NULL REFERENCES users (id),
    quarantined_at TEXT,
    quarantined_by BLOB REFERENCES users (id),
    traced_at      TEXT,
    traced_by      BLOB REFERENCES users (id),
    closed_at      TEXT,
    closed_by      BLOB REFERENCES users (id),
    version        INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT recalls_steps CHECK ((quarantined_at IS NULL) = (state = 'announced') AND (quarantined_at IS NULL) = (quarantined_by IS NULL)
        AND (traced_at IS NOT NULL) = (state IN ('traced', 'closed')) AND (traced_at IS NULL) = (traced_by IS NULL)
        AND (closed_at IS NOT NULL) = (state = 'closed') AND (closed_at IS NULL) = (closed_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX recalls_once ON stock_recalls (notice_id, clinic_id);
CREATE INDEX stock_recalls_by_clinic ON stock_recalls (clinic_id, announced_at);
CREATE INDEX stock_recalls_open ON stock_recalls (clinic_id) WHERE state <> 'closed';
CREATE INDEX stock_recalls_by_item ON stock_recalls (item_id);

CREATE TABLE stock_recall_batches (
    recall_id BLOB NOT NULL REFERENCES stock_recalls (id),
    batch_id  BLOB NOT NULL REFERENCES stock_batches (id),
    PRIMARY KEY (recall_id, batch_id)
) STRICT;
CREATE INDEX stock_recall_batches_by_batch ON stock_recall_batches (batch_id);

-- The patients who got something of the batches.
CREATE TABLE recall_patients (
    id         BLOB PRIMARY KEY NOT NULL,
    recall_id  BLOB NOT NULL REFERENCES stock_recalls (id),
    patient_id BLOB NOT NULL REFERENCES patients (id),
    clinic_id  BLOB NOT NULL REFERENCES clinics (id),
    state      TEXT NOT NULL DEFAULT 'found' CHECK (state IN ('found', 'told', 'not_reached')),
    -- How the patient was told.
    way        TEXT CHECK (way IN ('call', 'letter', 'in_person')),
    found_at   TEXT NOT NULL,
    settled_at TEXT,
    settled_by BLOB REFERENCES users (id),
    CONSTRAINT recall_patients_told CHECK ((state = 'told') = (way IS NOT NULL) AND (state = 'found') = (settled_at IS NULL)
        AND (settled_at IS NULL) = (settled_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX recall_patients_once ON recall_patients (recall_id, patient_id);
CREATE INDEX recall_patients_by_patient ON recall_patients (patient_id);
CREATE INDEX recall_patients_by_clinic ON recall_patients (clinic_id);

CREATE TRIGGER recalls_begin BEFORE INSERT ON stock_recalls
WHEN NEW.state <> 'announced' OR NEW.version <> 1
BEGIN
    SELECT RAISE(ABORT, 'recalls_moves');
END;
CREATE TRIGGER recalls_moves BEFORE UPDATE ON stock_recalls
WHEN NEW.version <> OLD.version + 1 OR (OLD.state, NEW.state) NOT IN (VALUES ('announced', 'quarantined'), ('quarantined', 'traced'), ('traced', 'closed'))
BEGIN
    SELECT RAISE(ABORT, 'recalls_moves');
END;
CREATE TRIGGER recalls_fixed BEFORE UPDATE ON stock_recalls
WHEN (NEW.id, NEW.notice_id, NEW.clinic_id, NEW.item_id, NEW.source, NEW.reference, NEW.reason, NEW.announced_at, NEW.announced_by)
    IS NOT (OLD.id, OLD.notice_id, OLD.clinic_id, OLD.item_id, OLD.source, OLD.reference, OLD.reason, OLD.announced_at, OLD.announced_by)
    OR (OLD.quarantined_at IS NOT NULL AND NEW.quarantined_at IS NOT OLD.quarantined_at) OR (OLD.quarantined_by IS NOT NULL AND NEW.quarantined_by IS NOT OLD.quarantined_by) OR (OLD.traced_at IS NOT NULL AND NEW.traced_at IS NOT OLD.traced_at) OR (OLD.traced_by IS NOT NULL AND NEW.traced_by IS NOT OLD.traced_by) OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS NOT OLD.closed_at) OR (OLD.closed_by IS NOT NULL AND NEW.closed_by IS NOT OLD.closed_by)
BEGIN
    SELECT RAISE(ABORT, 'recalls_fixed');
END;
CREATE TRIGGER recalls_kept BEFORE DELETE ON stock_recalls
BEGIN
    SELECT RAISE(ABORT, 'recalls_fixed');
END;
-- The stock is blocked before the patients are looked for.
CREATE TRIGGER recalls_blocked BEFORE UPDATE ON stock_recalls
WHEN NEW.state = 'quarantined' AND EXISTS (SELECT 1 FROM stock_recall_batches k JOIN stock_batches b ON b.id = k.batch_id WHERE k.recall_id = NEW.id AND b.status <> 'recalled')
BEGIN
    SELECT RAISE(ABORT, 'recalls_blocked');
END;
-- Nothing of the batches is left at the clinic, and no patient waits to be told.
CREATE TRIGGER recalls_settled BEFORE UPDATE ON stock_recalls
WHEN NEW.state = 'closed' AND (EXISTS (SELECT 1 FROM stock_recall_batches k JOIN stock_lines l ON l.batch_id = k.batch_id JOIN storerooms r ON r.id = l.store_id
            WHERE k.recall_id = NEW.id AND r.clinic_id = NEW.clinic_id AND l.on_hand > 0)
        OR EXISTS (SELECT 1 FROM recall_patients p WHERE p.recall_id = NEW.id AND p.state = 'found'))
BEGIN
    SELECT RAISE(ABORT, 'recalls_settled');
END;
CREATE TRIGGER recall_batches_fixed BEFORE INSERT ON stock_recall_batches
WHEN NOT EXISTS (SELECT 1 FROM stock_recalls c JOIN stock_batches b ON b.item_id = c.item_id
        WHERE c.id = NEW.recall_id AND b.id = NEW.batch_id AND c.state = 'announced')
BEGIN
    SELECT RAISE(ABORT, 'recall_batches_fixed');
END;
CREATE TRIGGER recall_batches_kept BEFORE UPDATE ON stock_recall_batches
BEGIN
    SELECT RAISE(ABORT, 'recall_batches_fixed');
END;
CREATE TRIGGER recall_batches_not_deleted BEFORE DELETE ON stock_recall_batches
BEGIN
    SELECT RAISE(ABORT, 'recall_batches_fixed');
END;
CREATE TRIGGER recall_patients_open BEFORE INSERT ON recall_patients
WHEN NOT EXISTS (SELECT 1 FROM stock_recalls c WHERE c.id = NEW.recall_id AND c.clinic_id = NEW.clinic_id AND c.state IN ('quarantined', 'traced'))
BEGIN
    SELECT RAISE(ABORT, 'recall_patients_open');
END;
CREATE TRIGGER recall_patients_open_update BEFORE UPDATE ON recall_patients
WHEN NOT EXISTS (SELECT 1 FROM stock_recalls c WHERE c.id = NEW.recall_id AND c.clinic_id = NEW.clinic_id AND c.state IN ('quarantined', 'traced'))
BEGIN
    SELECT RAISE(ABORT, 'recall_patients_open');
END;
CREATE TRIGGER recall_patients_fixed BEFORE UPDATE ON recall_patients
WHEN (NEW.id, NEW.recall_id, NEW.patient_id, NEW.clinic_id, NEW.found_at) IS NOT (OLD.id, OLD.recall_id, OLD.patient_id, OLD.clinic_id, OLD.found_at)
    OR OLD.state = 'told' OR NEW.state = 'found'
BEGIN
    SELECT RAISE(ABORT, 'recall_patients_fixed');
END;
CREATE TRIGGER recall_patients_begin BEFORE INSERT ON recall_patients
WHEN NEW.state <> 'found'
BEGIN
    SELECT RAISE(ABORT, 'recall_patients_fixed');
END;
CREATE TRIGGER recall_patients_kept BEFORE DELETE ON recall_patients
BEGIN
    SELECT RAISE(ABORT, 'recall_patients_fixed');
END;
