-- A prescription at the pharmacy that waits: on hold until a day, or with a question to its prescriber. Nothing of it is handed out meanwhile.
ALTER TABLE supplies DROP CONSTRAINT supplies_state_check, DROP CONSTRAINT supplies_state,
    ADD CONSTRAINT supplies_state_check CHECK (state IN ('to_verify', 'verified', 'part_dispensed', 'dispensed', 'closed', 'refused', 'cancelled', 'on_hold', 'queried')),
    ADD CONSTRAINT supplies_state CHECK (CASE state WHEN 'verified' THEN item_id IS NOT NULL AND dispensed = returned
        WHEN 'part_dispensed' THEN dispensed - returned BETWEEN 1 AND ordered - 1 WHEN 'dispensed' THEN dispensed - returned = ordered
        WHEN 'closed' THEN dispensed > 0 WHEN 'on_hold' THEN item_id IS NULL OR dispensed - returned < ordered
        WHEN 'queried' THEN item_id IS NULL OR dispensed - returned < ordered ELSE dispensed = returned END);
DROP INDEX supplies_open;
CREATE INDEX supplies_open ON supplies (clinic_id, signed_at)
    WHERE state = 'to_verify' OR state = 'verified' OR state = 'part_dispensed' OR state = 'on_hold' OR state = 'queried';
-- The state machine (pharmacy::SupplyState). Anything else is refused.
CREATE OR REPLACE FUNCTION refuse_supply_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('supplies_fixed');
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('to_verify>verified', 'to_verify>refused', 'to_verify>cancelled', 'verified>part_dispensed', 'verified>dispensed',
    'verified>refused', 'verified>cancelled', 'part_dispensed>dispensed', 'part_dispensed>closed', 'part_dispensed>verified',
    'dispensed>part_dispensed', 'dispensed>verified', 'dispensed>closed', 'to_verify>on_hold', 'to_verify>queried', 'verified>on_hold',
    'verified>queried', 'part_dispensed>on_hold', 'part_dispensed>queried', 'on_hold>to_verify', 'on_hold>verified', 'on_hold>part_dispensed',
    'on_hold>refused', 'on_hold>closed', 'on_hold>cancelled', 'queried>to_verify', 'queried>verified', 'queried>part_dispensed',
    'queried>refused', 'queried>closed', 'queried>cancelled') THEN
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

CREATE TABLE supply_pauses (
    -- Made with the form.
    id         UUID PRIMARY KEY NOT NULL,
    supply_id  UUID NOT NULL,
    patient_id UUID NOT NULL REFERENCES patients (id),
    clinic_id  UUID NOT NULL REFERENCES clinics (id),
    -- The state of the supply meanwhile.
    kind       TEXT NOT NULL CHECK (kind IN ('on_hold', 'queried')),
    -- The day on which a hold is looked at again.
    until_on   DATE,
    -- The prescriber who is asked.
    asked_id   UUID REFERENCES users (id),
    -- The reason or the question, and the answer.
    sealed     BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 20000),
    at         TIMESTAMPTZ NOT NULL,
    by_user    UUID NOT NULL REFERENCES users (id),
    -- None while it lasts; `changed` when the prescription ended.
    outcome    TEXT CHECK (outcome IN ('released', 'answered', 'changed')),
    ended_at   TIMESTAMPTZ,
    ended_by   UUID REFERENCES users (id),
    FOREIGN KEY (supply_id, patient_id) REFERENCES supplies (id, patient_id),
    CONSTRAINT supply_pauses_kind CHECK ((kind = 'on_hold') = (until_on IS NOT NULL) AND (kind = 'queried') = (asked_id IS NOT NULL)),
    CONSTRAINT supply_pauses_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (coalesce(outcome, 'changed') = 'changed') = (ended_at IS NULL)
        AND (outcome IS NULL OR outcome <> 'answered' OR kind = 'queried'))
);
CREATE UNIQUE INDEX supply_pauses_one ON supply_pauses (supply_id) WHERE outcome IS NULL;
CREATE INDEX supply_pauses_by_supply ON supply_pauses (supply_id, at);
CREATE INDEX supply_pauses_by_patient ON supply_pauses (patient_id);
CREATE INDEX supply_pauses_open ON supply_pauses (clinic_id, asked_id) WHERE outcome IS NULL;
CREATE TRIGGER supply_pauses_fixed BEFORE UPDATE ON supply_pauses FOR EACH ROW
WHEN ((NEW.id, NEW.supply_id, NEW.patient_id, NEW.clinic_id, NEW.kind, NEW.until_on, NEW.asked_id, NEW.at, NEW.by_user)
    IS DISTINCT FROM (OLD.id, OLD.supply_id, OLD.patient_id, OLD.clinic_id, OLD.kind, OLD.until_on, OLD.asked_id, OLD.at, OLD.by_user)
    OR (OLD.outcome IS NOT NULL AND (NEW.outcome, NEW.ended_at, NEW.ended_by) IS DISTINCT FROM (OLD.outcome, OLD.ended_at, OLD.ended_by))
    OR (substr(NEW.sealed, 66) <> substr(OLD.sealed, 66) AND NOT (OLD.outcome IS NULL AND NEW.outcome IS NOT DISTINCT FROM 'answered')))
EXECUTE FUNCTION row_fixed('supply_pauses_fixed');
CREATE TRIGGER supply_pauses_kept BEFORE DELETE ON supply_pauses FOR EACH ROW EXECUTE FUNCTION row_fixed('supply_pauses_fixed');
CREATE TRIGGER supply_pauses_key_open_insert AFTER INSERT ON supply_pauses REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER supply_pauses_key_open_update BEFORE UPDATE OF sealed ON supply_pauses FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
SELECT guard_rows('supply_pauses', 'patient_id', 'supply_pauses.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');
REVOKE DELETE, TRUNCATE ON supply_pauses FROM infirmary_app;
-- A supply waits exactly while it has a pause of that kind. The functions read as their owner.
CREATE FUNCTION supplies_paused() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (CASE WHEN NEW.state IN ('on_hold', 'queried') THEN 1 ELSE 0 END) <> (SELECT count(*) FROM supply_pauses p
        WHERE p.supply_id = NEW.id AND p.outcome IS NULL AND (p.kind = NEW.state OR NEW.state NOT IN ('on_hold', 'queried'))) THEN
        PERFORM refuse('supplies_paused');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER supplies_paused BEFORE UPDATE OF state ON supplies FOR EACH ROW
WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION supplies_paused();
-- The end of the prescription answers the question, and ends the hold.
CREATE OR REPLACE FUNCTION supplies_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE supply_pauses SET outcome = 'changed' WHERE supply_id = NEW.id AND outcome IS NULL;
    UPDATE supplies SET version = version + 1, state = CASE WHEN dispensed > returned THEN 'closed' ELSE 'cancelled' END,
        refusal = CASE WHEN dispensed > returned THEN 'prescriber' END
    WHERE id = NEW.id AND state IN ('to_verify', 'verified', 'part_dispensed', 'on_hold', 'queried');
    RETURN NULL;
END $$;
-- A medicine that the pharmacist marked is handed out after counselling was given or refused. Nothing that waits is handed out.
CREATE FUNCTION dispenses_counselled() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM supplies s WHERE s.id = NEW.supply_id AND s.state IN ('on_hold', 'queried')) THEN
        PERFORM refuse('dispenses_paused');
    END IF;
    IF NEW.counselling IS NULL AND EXISTS (SELECT 1 FROM supplies s JOIN stock_items i ON i.id = s.item_id JOIN drugs d ON d.id = i.drug_id
        WHERE s.id = NEW.supply_id AND d.counsel) THEN
        PERFORM refuse('dispenses_counselled');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispenses_counselled BEFORE INSERT ON dispenses FOR EACH ROW EXECUTE FUNCTION dispenses_counselled();
DROP TRIGGER dispenses_fixed ON dispenses;
CREATE TRIGGER dispenses_fixed BEFORE UPDATE ON dispenses FOR EACH ROW
WHEN ((NEW.id, NEW.supply_id, NEW.patient_id, NEW.clinic_id, NEW.quantity, NEW.identified_by, NEW.collector, NEW.at, NEW.by_user, NEW.witness_id, NEW.counselling)
    IS DISTINCT FROM (OLD.id, OLD.supply_id, OLD.patient_id, OLD.clinic_id, OLD.quantity, OLD.identified_by, OLD.collector, OLD.at, OLD.by_user, OLD.witness_id, OLD.counselling)
    OR NEW.returned < OLD.returned) EXECUTE FUNCTION row_fixed('dispenses_fixed');
-- The cautions of a confirmed drug are confirmed too.
CREATE OR REPLACE FUNCTION drugs_confirmed_unchanged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS NOT DISTINCT FROM OLD.confirmed_at
        AND (NEW.name, NEW.name_es, NEW.code, NEW.status, NEW.form, NEW.dispensing_unit, NEW.divisible, NEW.high_alert, NEW.schedule, NEW.fridge,
        NEW.weekly, NEW.source, NEW.cautions, NEW.counsel) IS DISTINCT FROM (OLD.name, OLD.name_es, OLD.code, OLD.status, OLD.form, OLD.dispensing_unit,
        OLD.divisible, OLD.high_alert, OLD.schedule, OLD.fridge, OLD.weekly, OLD.source, OLD.cautions, OLD.counsel) THEN
        PERFORM refuse('drugs_confirmed_unchanged');
    END IF;
    RETURN NEW;
END $$;

