-- Giving at the bedside: what a ward scans, what was scanned, and the stock that a given dose takes from the ward's storeroom.

-- The ways of a ward. A ward without a row does not ask for scans, and books no stock.
CREATE TABLE ward_bedsides (
    ward_id      UUID PRIMARY KEY NOT NULL REFERENCES wards (id),
    -- A dose is given after wristband and medicine were scanned, or with a reason.
    scans        BOOLEAN NOT NULL,
    storeroom_id UUID REFERENCES storerooms (id),
    set_at       TIMESTAMPTZ NOT NULL,
    set_by       UUID NOT NULL REFERENCES users (id),
    version      BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX ward_bedsides_by_storeroom ON ward_bedsides (storeroom_id) WHERE storeroom_id IS NOT NULL;

-- A scan, right or wrong. A wrong one stopped somebody.
CREATE TABLE bedside_scans (
    -- The key of the form.
    id           UUID PRIMARY KEY NOT NULL,
    ward_id      UUID NOT NULL REFERENCES wards (id),
    clinic_id    UUID NOT NULL REFERENCES clinics (id),
    kind         TEXT NOT NULL CHECK (kind IN ('band', 'medicine')),
    outcome      TEXT NOT NULL CHECK (outcome IN ('right', 'wrong_patient', 'wrong_medicine', 'expired', 'unknown')),
    -- The stay of the wristband, which the scan of a medicine continues.
    admission_id UUID REFERENCES admissions (id),
    patient_id   UUID REFERENCES patients (id),
    dose_id      UUID REFERENCES doses (id),
    at           TIMESTAMPTZ NOT NULL,
    done_by      UUID NOT NULL REFERENCES users (id),
    CONSTRAINT bedside_scans_right CHECK ((admission_id IS NULL) = (patient_id IS NULL)
        AND CASE WHEN kind = 'band' THEN outcome <> 'wrong_medicine' AND outcome <> 'expired' AND dose_id IS NULL AND (outcome = 'right') = (admission_id IS NOT NULL)
            ELSE outcome <> 'wrong_patient' AND admission_id IS NOT NULL AND (outcome = 'right') = (dose_id IS NOT NULL) END)
);
CREATE INDEX bedside_scans_of_ward ON bedside_scans (ward_id, at);
CREATE INDEX bedside_scans_by_patient ON bedside_scans (patient_id);
CREATE INDEX bedside_scans_by_admission ON bedside_scans (admission_id);
CREATE INDEX bedside_scans_by_dose ON bedside_scans (dose_id) WHERE dose_id IS NOT NULL;

-- The scans of a given dose, or why it was given without.
CREATE TABLE dose_scans (
    administration_id UUID PRIMARY KEY NOT NULL REFERENCES administrations (id),
    patient_id        UUID NOT NULL REFERENCES patients (id),
    band_id           UUID REFERENCES bedside_scans (id),
    medicine_id       UUID REFERENCES bedside_scans (id),
    unscanned         TEXT CHECK (unscanned IN ('band_missing', 'band_unreadable', 'label_missing', 'label_unreadable', 'scanner', 'emergency')),
    CONSTRAINT dose_scans_reasoned CHECK ((band_id IS NOT NULL AND medicine_id IS NOT NULL) = (unscanned IS NULL))
);
CREATE INDEX dose_scans_by_patient ON dose_scans (patient_id);
CREATE INDEX dose_scans_by_band ON dose_scans (band_id) WHERE band_id IS NOT NULL;
CREATE INDEX dose_scans_by_medicine ON dose_scans (medicine_id) WHERE medicine_id IS NOT NULL;

-- The movements by which a given dose left the ward's storeroom; one that was taken back has the movement that brought it back.
CREATE TABLE dose_stock (
    movement_id       UUID PRIMARY KEY NOT NULL REFERENCES stock_movements (id),
    administration_id UUID NOT NULL REFERENCES administrations (id),
    patient_id        UUID NOT NULL REFERENCES patients (id),
    quantity          BIGINT NOT NULL CHECK (quantity > 0),
    returned_id       UUID REFERENCES stock_movements (id)
);
CREATE INDEX dose_stock_of_dose ON dose_stock (administration_id);
CREATE INDEX dose_stock_by_patient ON dose_stock (patient_id);
CREATE UNIQUE INDEX dose_stock_returned_once ON dose_stock (returned_id) WHERE returned_id IS NOT NULL;

-- A dose was given that the ward's stock does not cover: the pharmacist counts. No patient is named.
CREATE TABLE ward_shortages (
    -- The id of the record of the dose.
    id         UUID PRIMARY KEY NOT NULL,
    clinic_id  UUID NOT NULL REFERENCES clinics (id),
    store_id   UUID NOT NULL REFERENCES storerooms (id),
    item_id    UUID NOT NULL REFERENCES stock_items (id),
    -- Units that should have left; none when the dose is no number of units.
    quantity   BIGINT CHECK (quantity > 0),
    at         TIMESTAMPTZ NOT NULL,
    settled_at TIMESTAMPTZ,
    settled_by UUID REFERENCES users (id),
    CONSTRAINT ward_shortages_settled CHECK ((settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL OR settled_at >= at))
);
CREATE INDEX ward_shortages_open ON ward_shortages (clinic_id, at) WHERE settled_at IS NULL;
CREATE INDEX ward_shortages_by_item ON ward_shortages (item_id);
CREATE INDEX ward_shortages_by_store ON ward_shortages (store_id);

SELECT guard_rows('bedside_scans', 'patient_id', 'bedside_scans.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');
-- A scan that stopped names no patient.
CREATE POLICY stops ON bedside_scans FOR INSERT WITH CHECK (patient_id IS NULL AND clinic_id = ANY ((SELECT reader_clinics())::uuid[]));
ALTER TABLE dose_scans ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON dose_scans USING (EXISTS (SELECT 1 FROM administrations a WHERE a.id = dose_scans.administration_id OFFSET 0));
ALTER TABLE dose_stock ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON dose_stock USING (EXISTS (SELECT 1 FROM administrations a WHERE a.id = dose_stock.administration_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON bedside_scans, dose_scans, dose_stock, ward_shortages FROM infirmary_app;

CREATE TRIGGER bedside_scans_frozen BEFORE UPDATE ON bedside_scans FOR EACH ROW EXECUTE FUNCTION row_fixed('bedside_scans_frozen');
CREATE TRIGGER bedside_scans_kept BEFORE DELETE ON bedside_scans FOR EACH ROW EXECUTE FUNCTION row_fixed('bedside_scans_frozen');
-- The scans are of the patient and of the dose.
CREATE FUNCTION dose_scans_same_dose() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM administrations a
        WHERE a.id = NEW.administration_id AND a.patient_id = NEW.patient_id AND a.outcome = 'given'
          AND (NEW.band_id IS NULL OR EXISTS (SELECT 1 FROM bedside_scans s WHERE s.id = NEW.band_id AND s.kind = 'band' AND s.outcome = 'right'
              AND s.patient_id = a.patient_id))
          AND (NEW.medicine_id IS NULL OR EXISTS (SELECT 1 FROM bedside_scans s WHERE s.id = NEW.medicine_id AND s.kind = 'medicine'
              AND s.outcome = 'right' AND s.dose_id = a.dose_id))) THEN
        PERFORM refuse('dose_scans_same_dose');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dose_scans_same_dose BEFORE INSERT ON dose_scans FOR EACH ROW EXECUTE FUNCTION dose_scans_same_dose();
CREATE TRIGGER dose_scans_frozen BEFORE UPDATE ON dose_scans FOR EACH ROW EXECUTE FUNCTION row_fixed('dose_scans_frozen');
CREATE TRIGGER dose_scans_kept BEFORE DELETE ON dose_scans FOR EACH ROW EXECUTE FUNCTION row_fixed('dose_scans_frozen');
CREATE TRIGGER dose_stock_frozen BEFORE UPDATE ON dose_stock FOR EACH ROW
WHEN ((NEW.movement_id, NEW.administration_id, NEW.patient_id, NEW.quantity)
    IS DISTINCT FROM (OLD.movement_id, OLD.administration_id, OLD.patient_id, OLD.quantity) OR OLD.returned_id IS NOT NULL)
EXECUTE FUNCTION row_fixed('dose_stock_frozen');
CREATE TRIGGER dose_stock_kept BEFORE DELETE ON dose_stock FOR EACH ROW EXECUTE FUNCTION row_fixed('dose_stock_frozen');
CREATE TRIGGER ward_shortages_frozen BEFORE UPDATE ON ward_shortages FOR EACH ROW
WHEN ((NEW.id, NEW.clinic_id, NEW.store_id, NEW.item_id, NEW.quantity, NEW.at)
    IS DISTINCT FROM (OLD.id, OLD.clinic_id, OLD.store_id, OLD.item_id, OLD.quantity, OLD.at) OR OLD.settled_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('ward_shortages_frozen');
