-- An encounter that is finished takes no change any more: what was ordered while the note was being signed would not be among what is
-- signed. A diagnosis, a prescription or a draft that comes late is refused (encounter_finished). Encounters that came from
-- elsewhere without a note take them at any time.

-- With the owner's eyes: a writer who cannot see the encounter is held back by it all the same.
CREATE FUNCTION refuse_after_finish() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    stands text;
BEGIN
    -- FOR SHARE waits for a transaction that is finishing the encounter, and reads the state that it leaves; one that finishes it
    -- later waits for this one. The state must not be a condition of this query: rows that do not meet it are not locked.
    FOR stands IN
        SELECT e.state FROM encounters e WHERE e.id IN (OLD.encounter_id, NEW.encounter_id)
            AND (TG_TABLE_NAME = 'notes' OR EXISTS (SELECT 1 FROM notes n WHERE n.encounter_id = e.id))
        FOR SHARE OF e
    LOOP
        IF stands <> 'in_progress' THEN
            RAISE EXCEPTION 'encounter_finished' USING ERRCODE = 'check_violation', CONSTRAINT = 'encounter_finished';
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER diagnoses_encounter_open_insert BEFORE INSERT ON diagnoses FOR EACH ROW
EXECUTE FUNCTION refuse_after_finish();
CREATE TRIGGER diagnoses_encounter_open_update BEFORE UPDATE ON diagnoses FOR EACH ROW
WHEN ((NEW.code, NEW.description, NEW.certainty, NEW.rank,
        NEW.recorded_at, NEW.recorded_by, NEW.encounter_id, NEW.patient_id, NEW.entered_in_error_at) IS DISTINCT FROM
        (OLD.code, OLD.description, OLD.certainty, OLD.rank,
        OLD.recorded_at, OLD.recorded_by, OLD.encounter_id, OLD.patient_id, OLD.entered_in_error_at))
EXECUTE FUNCTION refuse_after_finish();
CREATE TRIGGER diagnoses_encounter_open_delete BEFORE DELETE ON diagnoses FOR EACH ROW
EXECUTE FUNCTION refuse_after_finish();
CREATE TRIGGER prescriptions_encounter_open_insert BEFORE INSERT ON prescriptions FOR EACH ROW
EXECUTE FUNCTION refuse_after_finish();
CREATE TRIGGER prescriptions_encounter_open_update BEFORE UPDATE ON prescriptions FOR EACH ROW
WHEN (OLD.state = 'draft' OR NEW.state = 'draft' OR (NEW.state = 'entered_in_error' AND OLD.state <> 'entered_in_error')
    OR (NEW.drug_id, NEW.drug, NEW.dose, NEW.route, NEW.frequency, NEW.duration_days, NEW.as_needed,
        NEW.max_per_day, NEW.instructions, NEW.allergy_override, NEW.prescribed_at, NEW.prescribed_by, NEW.encounter_id, NEW.patient_id) IS DISTINCT FROM
        (OLD.drug_id, OLD.drug, OLD.dose, OLD.route, OLD.frequency, OLD.duration_days, OLD.as_needed,
        OLD.max_per_day, OLD.instructions, OLD.allergy_override, OLD.prescribed_at, OLD.prescribed_by, OLD.encounter_id, OLD.patient_id))
EXECUTE FUNCTION refuse_after_finish();
CREATE TRIGGER prescriptions_encounter_open_delete BEFORE DELETE ON prescriptions FOR EACH ROW
EXECUTE FUNCTION refuse_after_finish();
CREATE TRIGGER notes_encounter_open_insert BEFORE INSERT ON notes FOR EACH ROW
WHEN (NEW.state = 'draft')
EXECUTE FUNCTION refuse_after_finish();
-- A new version of the key wraps a draft anew at any time: that is no change of the note.
CREATE TRIGGER notes_encounter_open_update BEFORE UPDATE ON notes FOR EACH ROW
WHEN (OLD.state = 'draft'
    AND (NEW.state <> OLD.state OR NEW.version <> OLD.version OR NEW.author_id <> OLD.author_id OR NEW.encounter_id <> OLD.encounter_id))
EXECUTE FUNCTION refuse_after_finish();

-- Finishing leaves no draft behind. The row is locked before this looks, so that it sees all that came in time.
CREATE FUNCTION refuse_to_leave_drafts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM notes n WHERE n.encounter_id = NEW.id AND n.state = 'draft')
        OR EXISTS (SELECT 1 FROM prescriptions p WHERE p.encounter_id = NEW.id AND p.state = 'draft') THEN
        RAISE EXCEPTION 'encounters_finish_leaves_no_draft'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'encounters_finish_leaves_no_draft';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER encounters_finish_leaves_no_draft BEFORE UPDATE OF state ON encounters FOR EACH ROW
WHEN (NEW.state = 'finished' AND OLD.state <> 'finished') EXECUTE FUNCTION refuse_to_leave_drafts();
