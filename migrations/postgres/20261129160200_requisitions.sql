-- A requisition is all that a doctor orders at once: with one form, or with the signature of a note. Its number has no gap in a clinic and
-- year (document_numbers).

CREATE TABLE requisitions (
    id           UUID PRIMARY KEY,
    -- "MAIN-Q26-000123": the clinic's code, the year, and the number in the series of both.
    number       TEXT NOT NULL CONSTRAINT requisitions_number UNIQUE CHECK (length(number) BETWEEN 1 AND 60),
    patient_id   UUID NOT NULL REFERENCES patients (id),
    clinic_id    UUID NOT NULL REFERENCES clinics (id),
    visit_id     UUID REFERENCES visits (id),
    encounter_id UUID REFERENCES encounters (id),
    requested_at TIMESTAMPTZ NOT NULL,
    requested_by UUID NOT NULL REFERENCES users (id),
    UNIQUE (id, patient_id)
);
CREATE INDEX requisitions_by_patient ON requisitions (patient_id, requested_at);
CREATE INDEX requisitions_by_visit ON requisitions (visit_id) WHERE visit_id IS NOT NULL;
CREATE INDEX requisitions_by_encounter ON requisitions (encounter_id) WHERE encounter_id IS NOT NULL;

ALTER TABLE orders ADD COLUMN requisition_id UUID;
CREATE INDEX orders_by_requisition ON orders (requisition_id) WHERE requisition_id IS NOT NULL;

-- Orders that were placed before have a requisition each.
INSERT INTO requisitions (id, number, patient_id, clinic_id, visit_id, encounter_id, requested_at, requested_by)
SELECT o.id, c.code || '-Q' || to_char(o.requested_at AT TIME ZONE 'UTC', 'YY') || '-'
        || lpad((row_number() OVER (PARTITION BY o.clinic_id, to_char(o.requested_at AT TIME ZONE 'UTC', 'YYYY')
            ORDER BY o.requested_at, o.id))::text, 6, '0'),
    o.patient_id, o.clinic_id, o.visit_id, o.encounter_id, o.requested_at, o.ordered_by
FROM orders o JOIN clinics c ON c.id = o.clinic_id WHERE o.requested_at IS NOT NULL;
INSERT INTO document_numbers (series, seq, document)
SELECT 'requisition ' || substr(number, 1, length(number) - 7), substr(number, length(number) - 5)::bigint, id FROM requisitions ORDER BY 1, 2;
INSERT INTO number_series (name, last)
SELECT series, max(seq) FROM document_numbers WHERE series LIKE 'requisition %' GROUP BY series;
UPDATE orders SET requisition_id = id WHERE requested_at IS NOT NULL;

SELECT guard_rows('requisitions', 'patient_id', 'requisitions.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');

CREATE TRIGGER requisitions_kept BEFORE UPDATE OR DELETE ON requisitions FOR EACH ROW EXECUTE FUNCTION row_fixed('requisitions_kept');
-- The function reads as its owner: a writer who cannot see the visit is refused by it all the same.
CREATE FUNCTION refuse_another_patients_requisition() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM visits v WHERE v.id = NEW.visit_id AND (v.patient_id <> NEW.patient_id OR v.clinic_id <> NEW.clinic_id))
        OR EXISTS (SELECT 1 FROM encounters e WHERE e.id = NEW.encounter_id
            AND (e.patient_id <> NEW.patient_id OR e.visit_id IS DISTINCT FROM NEW.visit_id)) THEN
        RAISE EXCEPTION 'requisitions_same_patient' USING ERRCODE = 'check_violation', CONSTRAINT = 'requisitions_same_patient';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER requisitions_same_patient BEFORE INSERT ON requisitions
FOR EACH ROW EXECUTE FUNCTION refuse_another_patients_requisition();

-- An order that was placed has a requisition, and a draft has none.
ALTER TABLE orders ADD CONSTRAINT orders_requisition CHECK ((requisition_id IS NULL) = (requested_at IS NULL));
ALTER TABLE orders ADD CONSTRAINT orders_same_requisition FOREIGN KEY (requisition_id, patient_id) REFERENCES requisitions (id, patient_id);
CREATE TRIGGER orders_requisition_fixed BEFORE UPDATE OF requisition_id ON orders FOR EACH ROW
WHEN (OLD.requisition_id IS NOT NULL AND NEW.requisition_id IS DISTINCT FROM OLD.requisition_id) EXECUTE FUNCTION row_fixed('orders_fixed');
