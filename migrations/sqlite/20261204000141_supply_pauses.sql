-- A prescription at the pharmacy that waits: on hold until a day, or with a question to its prescriber. Nothing of it is handed out meanwhile.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql, '''closed'', ''refused'', ''cancelled'')', '''closed'', ''refused'', ''cancelled'', ''on_hold'', ''queried'')'),
    'THEN dispensed > 0 ELSE', 'THEN dispensed > 0 WHEN ''on_hold'' THEN item_id IS NULL OR dispensed - returned < ordered
        WHEN ''queried'' THEN item_id IS NULL OR dispensed - returned < ordered ELSE')
WHERE type = 'table' AND name = 'supplies';
PRAGMA writable_schema = RESET;
DROP INDEX supplies_open;
CREATE INDEX supplies_open ON supplies (clinic_id, signed_at)
    WHERE state = 'to_verify' OR state = 'verified' OR state = 'part_dispensed' OR state = 'on_hold' OR state = 'queried';
-- The state machine (pharmacy::SupplyState). Anything else is refused.
DROP TRIGGER supplies_moves;
CREATE TRIGGER supplies_moves BEFORE UPDATE ON supplies
WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('to_verify>verified', 'to_verify>refused', 'to_verify>cancelled', 'verified>part_dispensed', 'verified>dispensed',
    'verified>refused', 'verified>cancelled', 'part_dispensed>dispensed', 'part_dispensed>closed', 'part_dispensed>verified',
    'dispensed>part_dispensed', 'dispensed>verified', 'dispensed>closed', 'to_verify>on_hold', 'to_verify>queried', 'verified>on_hold',
    'verified>queried', 'part_dispensed>on_hold', 'part_dispensed>queried', 'on_hold>to_verify', 'on_hold>verified', 'on_hold>part_dispensed',
    'on_hold>refused', 'on_hold>closed', 'on_hold>cancelled', 'queried>to_verify', 'queried>verified', 'queried>part_dispensed',
    'queried>refused', 'queried>closed', 'queried>cancelled')
BEGIN
    SELECT RAISE(ABORT, 'supplies_moves');
END;

CREATE TABLE supply_pauses (
    -- Made with the form.
    id         BLOB PRIMARY KEY NOT NULL,
    supply_id  BLOB NOT NULL,
    patient_id BLOB NOT NULL REFERENCES patients (id),
    clinic_id  BLOB NOT NULL REFERENCES clinics (id),
    -- The state of the supply meanwhile.
    kind       TEXT NOT NULL CHECK (kind IN ('on_hold', 'queried')),
    -- The day on which a hold is looked at again.
    until_on   TEXT,
    -- The prescriber who is asked.
    asked_id   BLOB REFERENCES users (id),
    -- The reason or the question, and the answer.
    sealed     BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 20000),
    at         TEXT NOT NULL,
    by_user    BLOB NOT NULL REFERENCES users (id),
    -- None while it lasts; `changed` when the prescription ended.
    outcome    TEXT CHECK (outcome IN ('released', 'answered', 'changed')),
    ended_at   TEXT,
    ended_by   BLOB REFERENCES users (id),
    FOREIGN KEY (supply_id, patient_id) REFERENCES supplies (id, patient_id),
    CONSTRAINT supply_pauses_kind CHECK ((kind = 'on_hold') = (until_on IS NOT NULL) AND (kind = 'queried') = (asked_id IS NOT NULL)),
    CONSTRAINT supply_pauses_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (coalesce(outcome, 'changed') = 'changed') = (ended_at IS NULL)
        AND (outcome IS NULL OR outcome <> 'answered' OR kind = 'queried'))
) STRICT;
CREATE UNIQUE INDEX supply_pauses_one ON supply_pauses (supply_id) WHERE outcome IS NULL;
CREATE INDEX supply_pauses_by_supply ON supply_pauses (supply_id, at);
CREATE INDEX supply_pauses_by_patient ON supply_pauses (patient_id);
CREATE INDEX supply_pauses_open ON supply_pauses (clinic_id, asked_id) WHERE outcome IS NULL;
CREATE TRIGGER supply_pauses_fixed BEFORE UPDATE ON supply_pauses
WHEN (NEW.id, NEW.supply_id, NEW.patient_id, NEW.clinic_id, NEW.kind, NEW.until_on, NEW.asked_id, NEW.at, NEW.by_user)
    IS NOT (OLD.id, OLD.supply_id, OLD.patient_id, OLD.clinic_id, OLD.kind, OLD.until_on, OLD.asked_id, OLD.at, OLD.by_user)
    OR (OLD.outcome IS NOT NULL AND (NEW.outcome, NEW.ended_at, NEW.ended_by) IS NOT (OLD.outcome, OLD.ended_at, OLD.ended_by))
    OR (substr(NEW.sealed, 66) <> substr(OLD.sealed, 66) AND NOT (OLD.outcome IS NULL AND NEW.outcome IS 'answered'))
BEGIN
    SELECT RAISE(ABORT, 'supply_pauses_fixed');
END;
CREATE TRIGGER supply_pauses_kept BEFORE DELETE ON supply_pauses
BEGIN
    SELECT RAISE(ABORT, 'supply_pauses_fixed');
END;
CREATE TRIGGER supply_pauses_key_open_insert BEFORE INSERT ON supply_pauses
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER supply_pauses_key_open_update BEFORE UPDATE OF sealed ON supply_pauses WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
-- A supply waits exactly while it has a pause of that kind.
CREATE TRIGGER supplies_paused BEFORE UPDATE OF state ON supplies
WHEN NEW.state <> OLD.state AND (CASE WHEN NEW.state IN ('on_hold', 'queried') THEN 1 ELSE 0 END) <> (SELECT count(*) FROM supply_pauses p
    WHERE p.supply_id = NEW.id AND p.outcome IS NULL AND (p.kind = NEW.state OR NEW.state NOT IN ('on_hold', 'queried')))
BEGIN
    SELECT RAISE(ABORT, 'supplies_paused');
END;
CREATE TRIGGER dispenses_paused BEFORE INSERT ON dispenses
WHEN EXISTS (SELECT 1 FROM supplies s WHERE s.id = NEW.supply_id AND s.state IN ('on_hold', 'queried'))
BEGIN
    SELECT RAISE(ABORT, 'dispenses_paused');
END;
-- The end of the prescription answers the question, and ends the hold.
DROP TRIGGER supplies_end;
CREATE TRIGGER supplies_end AFTER UPDATE OF state ON prescriptions
WHEN OLD.state = 'active' AND NEW.state <> 'active'
BEGIN
    UPDATE supply_pauses SET outcome = 'changed' WHERE supply_id = NEW.id AND outcome IS NULL;
    UPDATE supplies SET version = version + 1, state = CASE WHEN dispensed > returned THEN 'closed' ELSE 'cancelled' END,
        refusal = CASE WHEN dispensed > returned THEN 'prescriber' END
    WHERE id = NEW.id AND state IN ('to_verify', 'verified', 'part_dispensed', 'on_hold', 'queried');
END;

-- A medicine that the pharmacist marked is handed out after counselling was given or refused.
CREATE TRIGGER dispenses_counselled BEFORE INSERT ON dispenses
WHEN NEW.counselling IS NULL AND EXISTS (SELECT 1 FROM supplies s JOIN stock_items i ON i.id = s.item_id JOIN drugs d ON d.id = i.drug_id
    WHERE s.id = NEW.supply_id AND d.counsel)
BEGIN
    SELECT RAISE(ABORT, 'dispenses_counselled');
END;
DROP TRIGGER dispenses_fixed;
CREATE TRIGGER dispenses_fixed BEFORE UPDATE ON dispenses
WHEN (NEW.id, NEW.supply_id, NEW.patient_id, NEW.clinic_id, NEW.quantity, NEW.identified_by, NEW.collector, NEW.at, NEW.by_user, NEW.witness_id, NEW.counselling)
    IS NOT (OLD.id, OLD.supply_id, OLD.patient_id, OLD.clinic_id, OLD.quantity, OLD.identified_by, OLD.collector, OLD.at, OLD.by_user, OLD.witness_id, OLD.counselling)
    OR NEW.returned < OLD.returned
BEGIN
    SELECT RAISE(ABORT, 'dispenses_fixed');
END;
-- The cautions of a confirmed drug are confirmed too.
DROP TRIGGER drugs_confirmed_unchanged;
CREATE TRIGGER drugs_confirmed_unchanged BEFORE UPDATE ON drugs
WHEN OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS OLD.confirmed_at
    AND (NEW.name, NEW.name_es, NEW.code, NEW.status, NEW.form, NEW.dispensing_unit, NEW.divisible, NEW.high_alert, NEW.schedule, NEW.fridge,
        NEW.weekly, NEW.source, NEW.cautions, NEW.counsel) IS NOT (OLD.name, OLD.name_es, OLD.code, OLD.status, OLD.form, OLD.dispensing_unit, OLD.divisible,
        OLD.high_alert, OLD.schedule, OLD.fridge, OLD.weekly, OLD.source, OLD.cautions, OLD.counsel)
BEGIN
    SELECT RAISE(ABORT, 'drugs_confirmed_unchanged');
END;

