-- Medicines that a patient takes home from a stay. Each prescription is signed in an encounter of the stay, and is at the pharmacy as one of a visit is.
ALTER TABLE encounters ADD COLUMN admission_id UUID REFERENCES admissions (id);
ALTER TABLE encounters ADD CONSTRAINT encounters_of_stay_alone CHECK (admission_id IS NULL OR visit_id IS NULL);
CREATE INDEX encounters_of_stay ON encounters (admission_id) WHERE admission_id IS NOT NULL;
CREATE OR REPLACE FUNCTION supplies_by_signature() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO supplies (id, patient_id, clinic_id, state, signed_at, updated_at, updated_by)
    SELECT NEW.id, NEW.patient_id, e.clinic_id, 'to_verify', NEW.prescribed_at, NEW.prescribed_at, NEW.prescribed_by
    FROM encounters e WHERE e.id = NEW.encounter_id AND ((e.visit_id IS NOT NULL AND e.kind = 'outpatient') OR e.admission_id IS NOT NULL);
    RETURN NULL;
END $$;

-- The decision on a medicine of the stay: it goes on at home, changed or not, it ends, or it is new. A newer decision replaces the one before, which stays.
CREATE TABLE home_medicines (
    id              UUID PRIMARY KEY NOT NULL,
    admission_id    UUID NOT NULL REFERENCES admissions (id),
    order_id        UUID REFERENCES care_orders (id),
    decision        TEXT NOT NULL CHECK (decision IN ('continue', 'changed', 'stopped', 'new')),
    prescription_id UUID REFERENCES prescriptions (id),
    decided_at      TIMESTAMPTZ NOT NULL,
    decided_by      UUID NOT NULL REFERENCES users (id),
    replaced_at     TIMESTAMPTZ,
    CONSTRAINT home_medicines_prescribed CHECK ((decision = 'stopped') = (prescription_id IS NULL)),
    CONSTRAINT home_medicines_ordered CHECK ((decision = 'new') = (order_id IS NULL)),
    CONSTRAINT home_medicines_times CHECK (replaced_at IS NULL OR replaced_at >= decided_at)
);
CREATE INDEX home_medicines_of_stay ON home_medicines (admission_id, decided_at);
CREATE UNIQUE INDEX home_medicines_one_decision ON home_medicines (order_id) WHERE order_id IS NOT NULL AND replaced_at IS NULL;
CREATE UNIQUE INDEX home_medicines_of_prescription ON home_medicines (prescription_id) WHERE prescription_id IS NOT NULL;
CREATE FUNCTION home_medicines_same_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.order_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.admission_id = NEW.admission_id
            AND o.kind = 'medicine'))
        OR (NEW.prescription_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM prescriptions p JOIN encounters e ON e.id = p.encounter_id
            WHERE p.id = NEW.prescription_id AND e.admission_id = NEW.admission_id)) THEN
        PERFORM refuse('home_medicines_same_stay');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER home_medicines_same_stay BEFORE INSERT ON home_medicines FOR EACH ROW EXECUTE FUNCTION home_medicines_same_stay();
CREATE TRIGGER home_medicines_fixed BEFORE UPDATE ON home_medicines FOR EACH ROW
WHEN ((NEW.id, NEW.admission_id, NEW.order_id, NEW.decision, NEW.prescription_id, NEW.decided_at, NEW.decided_by)
    IS DISTINCT FROM (OLD.id, OLD.admission_id, OLD.order_id, OLD.decision, OLD.prescription_id, OLD.decided_at, OLD.decided_by)
    OR OLD.replaced_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('home_medicines_fixed');
CREATE TRIGGER home_medicines_kept BEFORE DELETE ON home_medicines FOR EACH ROW EXECUTE FUNCTION row_fixed('home_medicines_fixed');
ALTER TABLE home_medicines ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON home_medicines
USING (EXISTS (SELECT 1 FROM admissions a WHERE a.id = home_medicines.admission_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON home_medicines FROM infirmary_app;
