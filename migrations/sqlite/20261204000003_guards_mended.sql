-- A message that a step of its appointment made needless is due again when the step is undone, or done again after that.
DROP TRIGGER messages_moves;
CREATE TRIGGER messages_moves BEFORE UPDATE OF state ON messages
WHEN NOT ((OLD.state IN ('due', 'failed') AND NEW.state = 'sending' AND NEW.channel <> 'call')
    OR (OLD.state = 'sending' AND NEW.state IN ('sending', 'sent', 'failed', 'dead', 'dropped'))
    OR (OLD.state IN ('due', 'failed') AND NEW.state IN ('sent', 'failed') AND NEW.channel = 'call' AND NEW.outcome IS NOT NULL)
    OR (OLD.state IN ('due', 'failed', 'dead') AND NEW.state = 'dropped')
    OR (OLD.state = 'dead' AND NEW.state = 'due')
    OR (OLD.state = 'dropped' AND OLD.cause = 'overtaken' AND NEW.state = 'due'
        AND NEW.kind IN ('booked', 'moved', 'cancelled', 'reminder', 'reminder_soon')))
BEGIN
    SELECT RAISE(ABORT, 'messages_moves');
END;
DROP TRIGGER messages_fixed;
CREATE TRIGGER messages_fixed BEFORE UPDATE ON messages
WHEN (NEW.id, NEW.patient_id, NEW.person_id, NEW.channel, NEW.channel_id, NEW.kind, NEW.clinic_id, NEW.subject_id, NEW.about_at, NEW.expires_at,
        NEW.link, NEW.created_at)
    IS NOT (OLD.id, OLD.patient_id, OLD.person_id, OLD.channel, OLD.channel_id, OLD.kind, OLD.clinic_id, OLD.subject_id, OLD.about_at, OLD.expires_at,
        OLD.link, OLD.created_at)
    OR OLD.state = 'sent' OR (OLD.state = 'dropped' AND NOT (OLD.cause = 'overtaken' AND NEW.state = 'due')) OR NEW.repeats < OLD.repeats
BEGIN
    SELECT RAISE(ABORT, 'messages_fixed');
END;

-- A message about what was undone does not leave any more. The messages that the step had dropped are due again: an appointment that stands
-- again has its reminders, and its booking is told.
DROP TRIGGER messages_follow_undone;
CREATE TRIGGER messages_follow_undone AFTER UPDATE OF state ON appointments
WHEN (OLD.state IN ('cancelled', 'rescheduled') AND NEW.state IN ('booked', 'no_show')) OR (OLD.state = 'booked' AND NEW.state = 'entered_in_error')
BEGIN
    UPDATE messages SET state = 'dropped', cause = 'overtaken' WHERE subject_id = NEW.id AND state IN ('due', 'failed')
        AND CASE WHEN NEW.state = 'entered_in_error' THEN kind IN ('booked', 'moved') ELSE kind = 'cancelled' END;
    UPDATE messages SET state = 'due', cause = '' WHERE subject_id = NEW.id AND NEW.state = 'booked' AND state = 'dropped'
        AND cause = 'overtaken' AND kind IN ('booked', 'moved', 'reminder', 'reminder_soon');
END;

-- A cover counts until its last day is over at each clinic. The program compares with the days of the clinics; the database, which does not
-- know their days, refuses while no clinic on earth can have passed that day.
DROP TRIGGER insurers_in_use;
CREATE TRIGGER insurers_in_use BEFORE UPDATE OF retired_at ON insurers
WHEN NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL
    AND EXISTS (SELECT 1 FROM coverages c WHERE c.insurer_id = NEW.id AND c.ended_at IS NULL
        AND (c.valid_to IS NULL OR c.valid_to >= strftime('%Y-%m-%d', NEW.retired_at, '+14 hours')))
BEGIN
    SELECT RAISE(ABORT, 'insurers_in_use');
END;
