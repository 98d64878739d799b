-- The pharmacy: the supply of a signed prescription, what was handed out of which batch, and what came back.

-- One prescription at the pharmacy. Its id is the prescription's. Quantities are whole units of its item.
CREATE TABLE supplies (
    id              BLOB PRIMARY KEY NOT NULL REFERENCES prescriptions (id),
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    -- The item that is handed out, chosen when the prescription is verified.
    item_id         BLOB REFERENCES stock_items (id),
    ordered         INTEGER NOT NULL DEFAULT 0 CHECK (ordered BETWEEN 0 AND 10000),
    dispensed       INTEGER NOT NULL DEFAULT 0 CHECK (dispensed >= 0),
    returned        INTEGER NOT NULL DEFAULT 0,
    state           TEXT NOT NULL CHECK (state IN ('to_verify', 'verified', 'part_dispensed', 'dispensed', 'closed', 'refused', 'cancelled')),
    refusal         TEXT CHECK (refusal IN ('out_of_stock', 'not_kept', 'unclear', 'unsafe', 'prescriber', 'patient', 'other')),
    note            TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    -- The time of the signature.
    signed_at       TEXT NOT NULL,
    verified_at     TEXT,
    verified_by     BLOB REFERENCES users (id),
    updated_at      TEXT NOT NULL,
    updated_by      BLOB NOT NULL REFERENCES users (id),
    version         INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
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
) STRICT;
CREATE INDEX supplies_open ON supplies (clinic_id, signed_at) WHERE state = 'to_verify' OR state = 'verified' OR state = 'part_dispensed';
CREATE INDEX supplies_by_patient ON supplies (patient_id, updated_at);

-- One hand-over to a patient. Its id is that of its document in the ledger.
CREATE TABLE dispenses (
    id            BLOB PRIMARY KEY NOT NULL REFERENCES stock_documents (id),
    supply_id     BLOB NOT NULL,
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    quantity      INTEGER NOT NULL CHECK (quantity >= 1),
    returned      INTEGER NOT NULL DEFAULT 0,
    identified_by TEXT NOT NULL CHECK (identified_by IN ('name_and_birth', 'card', 'wristband')),
    -- The person who took it, where that was not the patient.
    collector     TEXT NOT NULL DEFAULT '' CHECK (length(collector) <= 120),
    at            TEXT NOT NULL,
    by_user       BLOB NOT NULL REFERENCES users (id),
    -- The second person at a controlled medicine.
    witness_id    BLOB REFERENCES users (id),
    UNIQUE (id, patient_id),
    FOREIGN KEY (supply_id, patient_id) REFERENCES supplies (id, patient_id),
    CONSTRAINT dispenses_returned CHECK (returned BETWEEN 0 AND quantity),
    CONSTRAINT dispenses_two_people CHECK (witness_id <> by_user)
) STRICT;
CREATE INDEX dispenses_by_supply ON dispenses (supply_id, at);
CREATE INDEX dispenses_by_patient ON dispenses (patient_id, at);

-- The part of a hand-over that came from one batch.
CREATE TABLE dispense_lines (
    id          BLOB PRIMARY KEY NOT NULL REFERENCES stock_movements (id),
    dispense_id BLOB NOT NULL,
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    batch_id    BLOB NOT NULL REFERENCES stock_batches (id),
    quantity    INTEGER NOT NULL CHECK (quantity >= 1),
    returned    INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (dispense_id, patient_id) REFERENCES dispenses (id, patient_id),
    CONSTRAINT dispense_lines_returned CHECK (returned BETWEEN 0 AND quantity)
) STRICT;
CREATE INDEX dispense_lines_by_dispense ON dispense_lines (dispense_id);
CREATE INDEX dispense_lines_by_batch ON dispense_lines (batch_id);

-- A part that a patient gave back. Its id is that of its document in the ledger.
CREATE TABLE dispense_returns (
    id          BLOB PRIMARY KEY NOT NULL REFERENCES stock_documents (id),
    line_id     BLOB NOT NULL REFERENCES dispense_lines (id),
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    quantity    INTEGER NOT NULL CHECK (quantity >= 1),
    reason      TEXT NOT NULL CHECK (reason IN ('not_needed', 'wrong', 'reaction', 'recalled', 'other')),
    note        TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    at          TEXT NOT NULL,
    by_user     BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT dispense_returns_reasoned CHECK (reason <> 'other' OR length(trim(note)) > 0)
) STRICT;
CREATE INDEX dispense_returns_by_line ON dispense_returns (line_id);
CREATE INDEX dispense_returns_by_patient ON dispense_returns (patient_id);

-- The state machine (pharmacy::SupplyState). Anything else is refused.
CREATE TRIGGER supplies_moves BEFORE UPDATE ON supplies
WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('to_verify>verified', 'to_verify>refused', 'to_verify>cancelled', 'verified>part_dispensed', 'verified>dispensed',
    'verified>refused', 'verified>cancelled', 'part_dispensed>dispensed', 'part_dispensed>closed', 'part_dispensed>verified',
    'dispensed>part_dispensed', 'dispensed>verified', 'dispensed>closed')
BEGIN
    SELECT RAISE(ABORT, 'supplies_moves');
END;
CREATE TRIGGER supplies_versions BEFORE UPDATE ON supplies WHEN NEW.version <> OLD.version + 1
BEGIN
    SELECT RAISE(ABORT, 'supplies_versions');
END;
CREATE TRIGGER supplies_fixed BEFORE UPDATE ON supplies
WHEN (NEW.id, NEW.patient_id, NEW.clinic_id, NEW.signed_at) IS NOT (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.signed_at)
    OR (OLD.dispensed > OLD.returned AND (NEW.item_id, NEW.ordered) IS NOT (OLD.item_id, OLD.ordered))
    OR NEW.dispensed < OLD.dispensed OR NEW.returned < OLD.returned
BEGIN
    SELECT RAISE(ABORT, 'supplies_fixed');
END;
CREATE TRIGGER supplies_kept BEFORE DELETE ON supplies
BEGIN
    SELECT RAISE(ABORT, 'supplies_fixed');
END;
CREATE TRIGGER supplies_same_patient BEFORE INSERT ON supplies
WHEN NOT EXISTS (SELECT 1 FROM prescriptions p JOIN encounters e ON e.id = p.encounter_id WHERE p.id = NEW.id
    AND p.patient_id = NEW.patient_id AND e.clinic_id = NEW.clinic_id AND p.state = 'active')
BEGIN
    SELECT RAISE(ABORT, 'supplies_same_patient');
END;
-- A signed outpatient prescription is at the pharmacy; one that ends before it is handed out is so no longer.
CREATE TRIGGER supplies_by_signature AFTER UPDATE OF state ON prescriptions
WHEN NEW.state = 'active' AND OLD.state = 'draft'
BEGIN
    INSERT INTO supplies (id, patient_id, clinic_id, state, signed_at, updated_at, updated_by)
    SELECT NEW.id, NEW.patient_id, e.clinic_id, 'to_verify', NEW.prescribed_at, NEW.prescribed_at, NEW.prescribed_by
    FROM encounters e WHERE e.id = NEW.encounter_id AND e.visit_id IS NOT NULL AND e.kind = 'outpatient';
END;
CREATE TRIGGER supplies_end AFTER UPDATE OF state ON prescriptions
WHEN OLD.state = 'active' AND NEW.state <> 'active'
BEGIN
    UPDATE supplies SET version = version + 1, state = CASE state WHEN 'part_dispensed' THEN 'closed' ELSE 'cancelled' END,
        refusal = CASE state WHEN 'part_dispensed' THEN 'prescriber' END
    WHERE id = NEW.id AND state IN ('to_verify', 'verified', 'part_dispensed');
END;
CREATE TRIGGER dispenses_fixed BEFORE UPDATE ON dispenses
WHEN (NEW.id, NEW.supply_id, NEW.patient_id, NEW.clinic_id, NEW.quantity, NEW.identified_by, NEW.collector, NEW.at, NEW.by_user, NEW.witness_id)
    IS NOT (OLD.id, OLD.supply_id, OLD.patient_id, OLD.clinic_id, OLD.quantity, OLD.identified_by, OLD.collector, OLD.at, OLD.by_user, OLD.witness_id) OR NEW.returned < OLD.returned
BEGIN
    SELECT RAISE(ABORT, 'dispenses_fixed');
END;
CREATE TRIGGER dispenses_kept BEFORE DELETE ON dispenses
BEGIN
    SELECT RAISE(ABORT, 'dispenses_fixed');
END;
-- A prescription that was stopped is not handed out.
CREATE TRIGGER dispenses_active BEFORE INSERT ON dispenses
WHEN NOT EXISTS (SELECT 1 FROM supplies s JOIN prescriptions p ON p.id = s.id WHERE s.id = NEW.supply_id AND p.state = 'active')
BEGIN
    SELECT RAISE(ABORT, 'dispenses_active');
END;
-- A controlled medicine is handed out by two people, of whom none prescribed it.
CREATE TRIGGER dispenses_witnessed BEFORE INSERT ON dispenses
WHEN EXISTS (SELECT 1 FROM supplies s JOIN stock_items i ON i.id = s.item_id JOIN drugs d ON d.id = i.drug_id JOIN prescriptions p
    ON p.id = s.id WHERE s.id = NEW.supply_id AND d.schedule <> ''
    AND (NEW.witness_id IS NULL OR p.prescribed_by IN (NEW.by_user, NEW.witness_id)))
BEGIN
    SELECT RAISE(ABORT, 'dispenses_witnessed');
END;
CREATE TRIGGER dispense_lines_fixed BEFORE UPDATE ON dispense_lines
WHEN (NEW.id, NEW.dispense_id, NEW.patient_id, NEW.batch_id, NEW.quantity) IS NOT (OLD.id, OLD.dispense_id, OLD.patient_id, OLD.batch_id, OLD.quantity) OR NEW.returned < OLD.returned
BEGIN
    SELECT RAISE(ABORT, 'dispense_lines_fixed');
END;
CREATE TRIGGER dispense_lines_kept BEFORE DELETE ON dispense_lines
BEGIN
    SELECT RAISE(ABORT, 'dispense_lines_fixed');
END;
CREATE TRIGGER dispense_returns_fixed BEFORE UPDATE ON dispense_returns
BEGIN
    SELECT RAISE(ABORT, 'dispense_returns_fixed');
END;
CREATE TRIGGER dispense_returns_kept BEFORE DELETE ON dispense_returns
BEGIN
    SELECT RAISE(ABORT, 'dispense_returns_fixed');
END;
