-- A message that a step of its appointment made needless is due again when the step is undone, or done again after that.
DROP TRIGGER messages_moves ON messages;
CREATE TRIGGER messages_moves BEFORE UPDATE OF state ON messages FOR EACH ROW
WHEN (NOT ((OLD.state IN ('due', 'failed') AND NEW.state = 'sending' AND NEW.channel <> 'call')
    OR (OLD.state = 'sending' AND NEW.state IN ('sending', 'sent', 'failed', 'dead', 'dropped'))
    OR (OLD.state IN ('due', 'failed') AND NEW.state IN ('sent', 'failed') AND NEW.channel = 'call' AND NEW.outcome IS NOT NULL)
    OR (OLD.state IN ('due', 'failed', 'dead') AND NEW.state = 'dropped')
    OR (OLD.state = 'dead' AND NEW.state = 'due')
    OR (OLD.state = 'dropped' AND OLD.cause = 'overtaken' AND NEW.state = 'due'
        AND NEW.kind IN ('booked', 'moved', 'cancelled', 'reminder', 'reminder_soon'))))
EXECUTE FUNCTION row_fixed('messages_moves');
DROP TRIGGER messages_fixed ON messages;
CREATE TRIGGER messages_fixed BEFORE UPDATE ON messages FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.person_id, NEW.channel, NEW.channel_id, NEW.kind, NEW.clinic_id, NEW.subject_id, NEW.about_at, NEW.expires_at,
        NEW.link, NEW.created_at)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.person_id, OLD.channel, OLD.channel_id, OLD.kind, OLD.clinic_id, OLD.subject_id, OLD.about_at,
        OLD.expires_at, OLD.link, OLD.created_at)
    OR OLD.state = 'sent' OR (OLD.state = 'dropped' AND NOT (OLD.cause = 'overtaken' AND NEW.state = 'due')) OR NEW.repeats < OLD.repeats)
EXECUTE FUNCTION row_fixed('messages_fixed');

-- A message about what was undone does not leave any more. The messages that the step had dropped are due again: an appointment that stands
-- again has its reminders, and its booking is told.
CREATE OR REPLACE FUNCTION messages_follow_undone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE messages SET state = 'dropped', cause = 'overtaken' WHERE subject_id = NEW.id AND state IN ('due', 'failed')
        AND CASE WHEN NEW.state = 'entered_in_error' THEN kind IN ('booked', 'moved') ELSE kind = 'cancelled' END;
    IF NEW.state = 'booked' THEN
        UPDATE messages SET state = 'due', cause = '' WHERE subject_id = NEW.id AND state = 'dropped' AND cause = 'overtaken'
            AND kind IN ('booked', 'moved', 'reminder', 'reminder_soon');
    END IF;
    RETURN NULL;
END $$;

-- A cover counts until its last day is over at each clinic. The program compares with the days of the clinics; the database refuses while no
-- clinic on earth can have passed that day, as SQLite does, which knows no time zones.
CREATE OR REPLACE FUNCTION insurers_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM coverages c WHERE c.insurer_id = NEW.id AND c.ended_at IS NULL
        AND (c.valid_to IS NULL OR c.valid_to >= ((NEW.retired_at + interval '14 hours') AT TIME ZONE 'UTC')::date)) THEN
        PERFORM refuse('insurers_in_use');
    END IF;
    RETURN NEW;
END $$;
