-- Giving at the bedside: what a ward scans, what was scanned, and the stock that a given dose takes from the ward's storeroom.

-- The ways of a ward. A ward without a row does not ask for scans, and books no stock.
CREATE TABLE ward_bedsides (
    ward_id      BLOB PRIMARY KEY NOT NULL REFERENCES wards (id),
    -- A dose is given after wristband and medicine were scanned, or with a reason.
    scans        INTEGER NOT NULL CHECK (scans IN (0, 1)),
    storeroom_id BLOB REFERENCES storerooms (id),
    set_at       TEXT NOT NULL,
    set_by       BLOB NOT NULL REFERENCES users (id),
    version      INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX ward_bedsides_by_storeroom ON ward_bedsides (storeroom_id) WHERE storeroom_id IS NOT NULL;

-- A scan, right or wrong. A wrong one stopped somebody.
CREATE TABLE bedside_scans (
    -- The key of the form.
    id           BLOB PRIMARY KEY NOT NULL,
    ward_id      BLOB NOT NULL REFERENCES wards (id),
    clinic_id    BLOB NOT NULL REFERENCES clinics (id),
    kind         TEXT NOT NULL CHECK (kind IN ('band', 'medicine')),
    outcome      TEXT NOT NULL CHECK (outcome IN ('right', 'wrong_patient', 'wrong_medicine', 'expired', 'unknown')),
    -- The stay of the wristband, which the scan of a medicine continues.
    admission_id BLOB REFERENCES admissions (id),
    patient_id   BLOB REFERENCES patients (id),
    dose_id      BLOB REFERENCES doses (id),
    at           TEXT NOT NULL,
    done_by      BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT bedside_scans_right CHECK ((admission_id IS NULL) = (patient_id IS NULL)
        AND CASE WHEN kind = 'band' THEN outcome <> 'wrong_medicine' AND outcome <> 'expired' AND dose_id IS NULL AND (outcome = 'right') = (admission_id IS NOT NULL)
            ELSE outcome <> 'wrong_patient' AND admission_id IS NOT NULL AND (outcome = 'right') = (dose_id IS NOT NULL) END)
) STRICT;
CREATE INDEX bedside_scans_of_ward ON bedside_scans (ward_id, at);
CREATE INDEX bedside_scans_by_patient ON bedside_scans (patient_id);
CREATE INDEX bedside_scans_by_admission ON bedside_scans (admission_id);
CREATE INDEX bedside_scans_by_dose ON bedside_scans (dose_id) WHERE dose_id IS NOT NULL;

-- The scans of a given dose, or why it was given without.
CREATE TABLE dose_scans (
    administration_id BLOB PRIMARY KEY NOT NULL REFERENCES administrations (id),
    patient_id        BLOB NOT NULL REFERENCES patients (id),
    band_id           BLOB REFERENCES bedside_scans (id),
    medicine_id       BLOB REFERENCES bedside_scans (id),
    unscanned         TEXT CHECK (unscanned IN ('band_missing', 'band_unreadable', 'label_missing', 'label_unreadable', 'scanner', 'emergency')),
    CONSTRAINT dose_scans_reasoned CHECK ((band_id IS NOT NULL AND medicine_id IS NOT NULL) = (unscanned IS NULL))
) STRICT;
CREATE INDEX dose_scans_by_patient ON dose_scans (patient_id);
CREATE INDEX dose_scans_by_band ON dose_scans (band_id) WHERE band_id IS NOT NULL;
CREATE INDEX dose_scans_by_medicine ON dose_scans (medicine_id) WHERE medicine_id IS NOT NULL;

-- The movements by which a given dose left the ward's storeroom; one that was taken back has the movement that brought it back.
CREATE TABLE dose_stock (
    movement_id       BLOB PRIMARY KEY NOT NULL REFERENCES stock_movements (id),
    administration_id BLOB NOT NULL REFERENCES administrations (id),
    patient_id        BLOB NOT NULL REFERENCES patients (id),
    quantity          INTEGER NOT NULL CHECK (quantity > 0),
    returned_id       BLOB REFERENCES stock_movements (id)
) STRICT;
CREATE INDEX dose_stock_of_dose ON dose_stock (administration_id);
CREATE INDEX dose_stock_by_patient ON dose_stock (patient_id);
CREATE UNIQUE INDEX dose_stock_returned_once ON dose_stock (returned_id) WHERE returned_id IS NOT NULL;

-- A dose was given that the ward's stock does not cover: the pharmacist counts. No patient is named.
CREATE TABLE ward_shortages (
    -- The id of the record of the dose.
    id         BLOB PRIMARY KEY NOT NULL,
    clinic_id  BLOB NOT NULL REFERENCES clinics (id),
    store_id   BLOB NOT NULL REFERENCES storerooms (id),
    item_id    BLOB NOT NULL REFERENCES stock_items (id),
    -- Units that should have left; none when the dose is no number of units.
    quantity   INTEGER CHECK (quantity > 0),
    at         TEXT NOT NULL,
    settled_at TEXT,
    settled_by BLOB REFERENCES users (id),
    CONSTRAINT ward_shortages_settled CHECK ((settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL OR settled_at >= at))
) STRICT;
CREATE INDEX ward_shortages_open ON ward_shortages (clinic_id, at) WHERE settled_at IS NULL;
CREATE INDEX ward_shortages_by_item ON ward_shortages (item_id);
CREATE INDEX ward_shortages_by_store ON ward_shortages (store_id);

CREATE TRIGGER bedside_scans_frozen BEFORE UPDATE ON bedside_scans
BEGIN
    SELECT RAISE(ABORT, 'bedside_scans_frozen');
END;
CREATE TRIGGER bedside_scans_kept BEFORE DELETE ON bedside_scans
BEGIN
    SELECT RAISE(ABORT, 'bedside_scans_frozen');
END;
-- The scans are of the patient and of the dose.
CREATE TRIGGER dose_scans_same_dose BEFORE INSERT ON dose_scans
BEGIN
    SELECT RAISE(ABORT, 'dose_scans_same_dose') WHERE NOT EXISTS (SELECT 1 FROM administrations a
        WHERE a.id = NEW.administration_id AND a.patient_id = NEW.patient_id AND a.outcome = 'given'
          AND (NEW.band_id IS NULL OR EXISTS (SELECT 1 FROM bedside_scans s WHERE s.id = NEW.band_id AND s.kind = 'band' AND s.outcome = 'right'
              AND s.patient_id = a.patient_id))
          AND (NEW.medicine_id IS NULL OR EXISTS (SELECT 1 FROM bedside_scans s WHERE s.id = NEW.medicine_id AND s.kind = 'medicine'
              AND s.outcome = 'right' AND s.dose_id = a.dose_id)));
END;
CREATE TRIGGER dose_scans_frozen BEFORE UPDATE ON dose_scans
BEGIN
    SELECT RAISE(ABORT, 'dose_scans_frozen');
END;
CREATE TRIGGER dose_scans_kept BEFORE DELETE ON dose_scans
BEGIN
    SELECT RAISE(ABORT, 'dose_scans_frozen');
END;
CREATE TRIGGER dose_stock_frozen BEFORE UPDATE ON dose_stock
WHEN (NEW.movement_id, NEW.administration_id, NEW.patient_id, NEW.quantity) IS NOT (OLD.movement_id, OLD.administration_id, OLD.patient_id, OLD.quantity)
    OR OLD.returned_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'dose_stock_frozen');
END;
CREATE TRIGGER dose_stock_kept BEFORE DELETE ON dose_stock
BEGIN
    SELECT RAISE(ABORT, 'dose_stock_frozen');
END;
CREATE TRIGGER ward_shortages_frozen BEFORE UPDATE ON ward_shortages
WHEN (NEW.id, NEW.clinic_id, NEW.store_id, NEW.item_id, NEW.quantity, NEW.at) IS NOT (OLD.id, OLD.clinic_id, OLD.store_id, OLD.item_id, OLD.quantity, OLD.at)
    OR OLD.settled_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'ward_shortages_frozen');
END;
