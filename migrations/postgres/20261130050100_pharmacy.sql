-- The pharmacy: the supply of a signed prescription, what was handed out of which batch, and what came back.

-- One prescription at the pharmacy. Its id is the prescription's. Quantities are whole units of its item.
CREATE TABLE supplies (
    id              UUID PRIMARY KEY NOT NULL REFERENCES prescriptions (id),
    patient_id      UUID NOT NULL REFERENCES patients (id),
    clinic_id       UUID NOT NULL REFERENCES clinics (id),
    -- The item that is handed out, chosen when the prescription is verified.
    item_id         UUID REFERENCES stock_items (id),
    ordered         BIGINT NOT NULL DEFAULT 0 CHECK (ordered BETWEEN 0 AND 10000),
    dispensed       BIGINT NOT NULL DEFAULT 0 CHECK (dispensed >= 0),
    returned        BIGINT NOT NULL DEFAULT 0,
    state           TEXT NOT NULL CHECK (state IN ('to_verify', 'verified', 'part_dispensed', 'dispensed', 'closed', 'refused', 'cancelled')),
    refusal         TEXT CHECK (refusal IN ('out_of_stock', 'not_kept', 'unclear', 'unsafe', 'prescriber', 'patient', 'other')),
    note            TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    -- The time of the signature.
    signed_at       TIMESTAMPTZ NOT NULL,
    verified_at     TIMESTAMPTZ,
    verified_by     UUID REFERENCES users (id),
    updated_at      TIMESTAMPTZ NOT NULL,
    updated_by      UUID NOT NULL REFERENCES users (id),
    version         BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    UNIQUE (id, patient_id),
    CONSTRAINT supplies_not_over CHECK (dispensed - returned <= ordered),
    CONSTRAINT supplies_returned CHECK (returned BETWEEN 0 AND dispensed),
    CONSTRAINT supplies_verified CHECK ((verified_at IS NULL) = (verified_by IS NULL) AND (verified_at IS NULL) = (item_id IS NULL)
        AND (item_id IS NULL) = (ordered = 0) AND (item_id IS NULL OR state <> 'to_verify')),
    CONSTRAINT supplies_state CHECK (CASE state WHEN 'verified' THEN item_id IS NOT NULL AND dispensed = returned
        WHEN 'part_dispensed' THEN dispensed - returned BETWEEN 1 AND ordered - 1 WHEN 'dispensed' THEN dispensed - returned = ordered
        WHEN 'closed' THEN dispensed > 0 ELSE dispensed = returned END),
    CONSTRAINT supplies_reasoned CHECK ((state IN ('refused', 'closed')) = (refusal IS NOT NULL)
        AND (refusal IS NULL OR refusal <> 'other' OR length(trim(note)) > 0))
);
CREATE INDEX supplies_open ON supplies (clinic_id, signed_at) WHERE state = 'to_verify' OR state = 'verified' OR state = 'part_dispensed';
CREATE INDEX supplies_by_patient ON supplies (patient_id, updated_at);

-- One hand-over to a patient. Its id is that of its document in the ledger.
CREATE TABLE dispenses (
    id            UUID PRIMARY KEY NOT NULL REFERENCES stock_documents (id),
    supply_id     UUID NOT NULL,
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    quantity      BIGINT NOT NULL CHECK (quantity >= 1),
    returned      BIGINT NOT NULL DEFAULT 0,
    identified_by TEXT NOT NULL CHECK (identified_by IN ('name_and_birth', 'card', 'wristband')),
    -- The person who took it, where that was not the patient.
    collector     TEXT NOT NULL DEFAULT '' CHECK (length(collector) <= 120),
    at            TIMESTAMPTZ NOT NULL,
    by_user       UUID NOT NULL REFERENCES users (id),
    -- The second person at a controlled medicine.
    witness_id    UUID REFERENCES users (id),
    UNIQUE (id, patient_id),
    FOREIGN KEY (supply_id, patient_id) REFERENCES supplies (id, patient_id),
    CONSTRAINT dispenses_returned CHECK (returned BETWEEN 0 AND quantity),
    CONSTRAINT dispenses_two_people CHECK (witness_id <> by_user)
);
CREATE INDEX dispenses_by_supply ON dispenses (supply_id, at);
CREATE INDEX dispenses_by_patient ON dispenses (patient_id, at);

-- The part of a hand-over that came from one batch.
CREATE TABLE dispense_lines (
    id          UUID PRIMARY KEY NOT NULL REFERENCES stock_movements (id),
    dispense_id UUID NOT NULL,
    patient_id  UUID NOT NULL REFERENCES patients (id),
    batch_id    UUID NOT NULL REFERENCES stock_batches (id),
    quantity    BIGINT NOT NULL CHECK (quantity >= 1),
    returned    BIGINT NOT NULL DEFAULT 0,
    FOREIGN KEY (dispense_id, patient_id) REFERENCES dispenses (id, patient_id),
    CONSTRAINT dispense_lines_returned CHECK (returned BETWEEN 0 AND quantity)
);
CREATE INDEX dispense_lines_by_dispense ON dispense_lines (dispense_id);
CREATE INDEX dispense_lines_by_batch ON dispense_lines (batch_id);

-- A part that a patient gave back. Its id is that of its document in the ledger.
CREATE TABLE dispense_returns (
    id          UUID PRIMARY KEY NOT NULL REFERENCES stock_documents (id),
    line_id     UUID NOT NULL REFERENCES dispense_lines (id),
    patient_id  UUID NOT NULL REFERENCES patients (id),
    quantity    BIGINT NOT NULL CHECK (quantity >= 1),
    reason      TEXT NOT NULL CHECK (reason IN ('not_needed', 'wrong', 'reaction', 'recalled', 'other')),
    note        TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    at          TIMESTAMPTZ NOT NULL,
    by_user     UUID NOT NULL REFERENCES users (id),
    CONSTRAINT dispense_returns_reasoned CHECK (reason <> 'other' OR length(trim(note)) > 0)
);
CREATE INDEX dispense_returns_by_line ON dispense_returns (line_id);
CREATE INDEX dispense_returns_by_patient ON dispense_returns (patient_id);

SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['supplies', 'dispenses']::regclass[]) AS guarded;
SELECT guard_rows('dispense_lines'), guard_rows('dispense_returns');
REVOKE DELETE, TRUNCATE ON supplies, dispenses, dispense_lines FROM infirmary_app;
REVOKE UPDATE, DELETE, TRUNCATE ON dispense_returns FROM infirmary_app;

-- The state machine (pharmacy::SupplyState). Anything else is refused.
CREATE FUNCTION refuse_supply_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('supplies_fixed');
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('to_verify>verified', 'to_verify>refused', 'to_verify>cancelled', 'verified>part_dispensed', 'verified>dispensed',
    'verified>refused', 'verified>cancelled', 'part_dispensed>dispensed', 'part_dispensed>closed', 'part_dispensed>verified',
    'dispensed>part_dispensed', 'dispensed>verified', 'dispensed>closed') THEN
        PERFORM refuse('supplies_moves');
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        PERFORM refuse('supplies_versions');
    END IF;
    IF (NEW.id, NEW.patient_id, NEW.clinic_id, NEW.signed_at) IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.signed_at)
        OR (OLD.dispensed > OLD.returned AND (NEW.item_id, NEW.ordered) IS DISTINCT FROM (OLD.item_id, OLD.ordered))
        OR NEW.dispensed < OLD.dispensed OR NEW.returned < OLD.returned THEN
        PERFORM refuse('supplies_fixed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER supplies_moves BEFORE UPDATE OR DELETE ON supplies FOR EACH ROW EXECUTE FUNCTION refuse_supply_change();
-- The functions below read as their owner: a writer who cannot see a row is refused by them all the same.
CREATE FUNCTION supplies_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM prescriptions p JOIN encounters e ON e.id = p.encounter_id WHERE p.id = NEW.id
        AND p.patient_id = NEW.patient_id AND e.clinic_id = NEW.clinic_id AND p.state = 'active') THEN
        PERFORM refuse('supplies_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER supplies_same_patient BEFORE INSERT ON supplies FOR EACH ROW EXECUTE FUNCTION supplies_same_patient();
-- A signed outpatient prescription is at the pharmacy; one that ends before it is handed out is so no longer.
CREATE FUNCTION supplies_by_signature() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO supplies (id, patient_id, clinic_id, state, signed_at, updated_at, updated_by)
    SELECT NEW.id, NEW.patient_id, e.clinic_id, 'to_verify', NEW.prescribed_at, NEW.prescribed_at, NEW.prescribed_by
    FROM encounters e WHERE e.id = NEW.encounter_id AND e.visit_id IS NOT NULL AND e.kind = 'outpatient';
    RETURN NULL;
END $$;
CREATE TRIGGER supplies_by_signature AFTER UPDATE OF state ON prescriptions FOR EACH ROW
WHEN (NEW.state = 'active' AND OLD.state = 'draft') EXECUTE FUNCTION supplies_by_signature();
CREATE FUNCTION supplies_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE supplies SET version = version + 1, state = CASE state WHEN 'part_dispensed' THEN 'closed' ELSE 'cancelled' END,
        refusal = CASE state WHEN 'part_dispensed' THEN 'prescriber' END
    WHERE id = NEW.id AND state IN ('to_verify', 'verified', 'part_dispensed');
    RETURN NULL;
END $$;
CREATE TRIGGER supplies_end AFTER UPDATE OF state ON prescriptions FOR EACH ROW
WHEN (OLD.state = 'active' AND NEW.state <> 'active') EXECUTE FUNCTION supplies_end();
CREATE TRIGGER dispenses_fixed BEFORE UPDATE ON dispenses FOR EACH ROW
WHEN ((NEW.id, NEW.supply_id, NEW.patient_id, NEW.clinic_id, NEW.quantity, NEW.identified_by, NEW.collector, NEW.at, NEW.by_user, NEW.witness_id)
    IS DISTINCT FROM (OLD.id, OLD.supply_id, OLD.patient_id, OLD.clinic_id, OLD.quantity, OLD.identified_by, OLD.collector, OLD.at, OLD.by_user, OLD.witness_id) OR NEW.returned < OLD.returned) EXECUTE FUNCTION row_fixed('dispenses_fixed');
CREATE TRIGGER dispenses_kept BEFORE DELETE ON dispenses FOR EACH ROW EXECUTE FUNCTION row_fixed('dispenses_fixed');
CREATE FUNCTION dispenses_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- A prescription that was stopped is not handed out. The lock lets a stop at the same moment wait.
    PERFORM 1 FROM supplies s JOIN prescriptions p ON p.id = s.id WHERE s.id = NEW.supply_id AND p.state = 'active' FOR SHARE OF p;
    IF NOT FOUND THEN
        PERFORM refuse('dispenses_active');
    END IF;
    -- A controlled medicine is handed out by two people, of whom none prescribed it.
    IF EXISTS (SELECT 1 FROM supplies s JOIN stock_items i ON i.id = s.item_id JOIN drugs d ON d.id = i.drug_id JOIN prescriptions p
        ON p.id = s.id WHERE s.id = NEW.supply_id AND d.schedule <> ''
        AND (NEW.witness_id IS NULL OR p.prescribed_by IN (NEW.by_user, NEW.witness_id))) THEN
        PERFORM refuse('dispenses_witnessed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispenses_guard BEFORE INSERT ON dispenses FOR EACH ROW EXECUTE FUNCTION dispenses_guard();
CREATE TRIGGER dispense_lines_fixed BEFORE UPDATE ON dispense_lines FOR EACH ROW
WHEN ((NEW.id, NEW.dispense_id, NEW.patient_id, NEW.batch_id, NEW.quantity) IS DISTINCT FROM (OLD.id, OLD.dispense_id, OLD.patient_id, OLD.batch_id, OLD.quantity) OR NEW.returned < OLD.returned) EXECUTE FUNCTION row_fixed('dispense_lines_fixed');
CREATE TRIGGER dispense_lines_kept BEFORE DELETE ON dispense_lines FOR EACH ROW EXECUTE FUNCTION row_fixed('dispense_lines_fixed');
CREATE TRIGGER dispense_returns_fixed BEFORE UPDATE OR DELETE ON dispense_returns FOR EACH ROW EXECUTE FUNCTION row_fixed('dispense_returns_fixed');
