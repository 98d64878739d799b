-- A doctor can hold back a prescription, or the results of an order, as a part of a note.
ALTER TABLE note_holds ALTER COLUMN encounter_id DROP NOT NULL;
ALTER TABLE note_holds DROP CONSTRAINT note_holds_part_check;
ALTER TABLE note_holds ADD CONSTRAINT note_holds_part_check CHECK (part IN ('reason', 'history', 'examination', 'assessment', 'plan', 'diagnoses',
    'addenda', 'prescription', 'result'));
ALTER TABLE note_holds ADD COLUMN prescription_id UUID REFERENCES prescriptions (id);
ALTER TABLE note_holds ADD COLUMN order_id UUID REFERENCES orders (id);
ALTER TABLE note_holds ADD CONSTRAINT note_holds_subject CHECK ((encounter_id IS NULL) = (order_id IS NOT NULL)
    AND (order_id IS NULL) = (part <> 'result') AND (prescription_id IS NULL) = (part <> 'prescription'));
DROP INDEX note_holds_once;
CREATE UNIQUE INDEX note_holds_once ON note_holds (encounter_id, part) WHERE ended_at IS NULL AND prescription_id IS NULL;
CREATE UNIQUE INDEX note_holds_prescription_once ON note_holds (prescription_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX note_holds_result_once ON note_holds (order_id) WHERE ended_at IS NULL;
CREATE INDEX note_holds_by_prescription ON note_holds (prescription_id);
CREATE INDEX note_holds_by_order ON note_holds (order_id);
CREATE OR REPLACE FUNCTION note_holds_same_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM encounters e WHERE e.id = NEW.encounter_id AND e.patient_id = NEW.patient_id
            AND (NEW.prescription_id IS NULL OR EXISTS (SELECT 1 FROM prescriptions p WHERE p.id = NEW.prescription_id AND p.encounter_id = e.id)))
        AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = NEW.order_id AND o.patient_id = NEW.patient_id) THEN
        PERFORM refuse('note_holds_same_patient');
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER note_holds_fixed ON note_holds;
CREATE TRIGGER note_holds_fixed BEFORE UPDATE ON note_holds FOR EACH ROW
WHEN ((NEW.id, NEW.encounter_id, NEW.prescription_id, NEW.order_id, NEW.patient_id, NEW.part, NEW.hidden_from, NEW.held_at, NEW.held_by)
    IS DISTINCT FROM (OLD.id, OLD.encounter_id, OLD.prescription_id, OLD.order_id, OLD.patient_id, OLD.part, OLD.hidden_from, OLD.held_at, OLD.held_by)
    OR (OLD.ended_at IS NOT NULL AND (NEW.ended_at, NEW.ended_by) IS DISTINCT FROM (OLD.ended_at, OLD.ended_by)))
EXECUTE FUNCTION row_fixed('note_holds_fixed');
