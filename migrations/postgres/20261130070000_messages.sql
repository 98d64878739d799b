-- Messages to patients outside the portal: confirmed addresses, wishes, and the outbox.

-- An address of a patient. It is used after the patient confirmed it with a code that was sent there.
CREATE TABLE message_channels (
    id            UUID PRIMARY KEY NOT NULL,
    patient_id    UUID NOT NULL REFERENCES patients (id),
    kind          TEXT NOT NULL CHECK (kind IN ('email', 'sms')),
    -- The address, and the code until it is used.
    sealed        BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 4000),
    -- The code is valid until then, for five tries.
    code_until    TIMESTAMPTZ,
    tries         BIGINT NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    confirmed_at  TIMESTAMPTZ,
    removed_at    TIMESTAMPTZ,
    created_at    TIMESTAMPTZ NOT NULL,
    created_by    UUID NOT NULL REFERENCES users (id),
    UNIQUE (id, patient_id, kind),
    CONSTRAINT message_channels_code CHECK ((confirmed_at IS NULL) = (code_until IS NOT NULL))
);
CREATE UNIQUE INDEX message_channels_one ON message_channels (patient_id, kind) WHERE confirmed_at IS NOT NULL AND removed_at IS NULL;
CREATE UNIQUE INDEX message_channels_one_waiting ON message_channels (patient_id, kind) WHERE confirmed_at IS NULL AND removed_at IS NULL;
CREATE INDEX message_channels_by_patient ON message_channels (patient_id, created_at);
CREATE TRIGGER message_channels_fixed BEFORE UPDATE ON message_channels FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.kind, NEW.created_at, NEW.created_by)
        IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.kind, OLD.created_at, OLD.created_by)
    OR (OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at)
    OR (OLD.removed_at IS NOT NULL AND (NEW.removed_at IS DISTINCT FROM OLD.removed_at OR NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at))
    OR NEW.tries < OLD.tries)
EXECUTE FUNCTION row_fixed('message_channels_fixed');
CREATE TRIGGER message_channels_kept BEFORE DELETE ON message_channels FOR EACH ROW EXECUTE FUNCTION row_fixed('message_channels_fixed');
CREATE TRIGGER message_channels_key_open_insert AFTER INSERT ON message_channels REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER message_channels_key_open_update BEFORE UPDATE OF sealed ON message_channels
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();

-- The wishes of a patient. Without a row the usual ones count.
CREATE TABLE message_preferences (
    patient_id   UUID PRIMARY KEY NOT NULL REFERENCES patients (id),
    -- Empty: the language of the record.
    language     TEXT NOT NULL DEFAULT '' CHECK (language IN ('', 'en', 'es')),
    -- Minutes after midnight at the clinic. Both the same: no quiet hours.
    quiet_from   BIGINT NOT NULL CHECK (quiet_from BETWEEN 0 AND 1439),
    quiet_until  BIGINT NOT NULL CHECK (quiet_until BETWEEN 0 AND 1439),
    -- Kinds and channels that the patient does not want: "receipt:sms reminder:email".
    unwanted     TEXT NOT NULL DEFAULT '' CHECK (length(unwanted) <= 400),
    version      BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at   TIMESTAMPTZ NOT NULL,
    updated_by   UUID NOT NULL REFERENCES users (id)
);

-- The outbox. A row has facts, never a text: the job writes the text when it sends the message.
CREATE TABLE messages (
    id            UUID PRIMARY KEY NOT NULL,
    -- The patient whom it concerns, and the person who gets it: the patient, or a person who acts for the patient.
    patient_id    UUID NOT NULL REFERENCES patients (id),
    person_id     UUID NOT NULL REFERENCES patients (id),
    channel       TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'call')),
    channel_id    UUID,
    kind          TEXT NOT NULL CHECK (kind IN ('code', 'booked', 'moved', 'cancelled', 'reminder', 'reminder_soon', 'offer', 'results',
        'document', 'receipt')),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    -- The appointment, report, payment or document.
    subject_id    UUID NOT NULL,
    -- The time that the message names, and the time from which it is of no use.
    about_at      TIMESTAMPTZ,
    expires_at    TIMESTAMPTZ,
    -- The page of the portal.
    link          TEXT NOT NULL CHECK (length(link) <= 200),
    state         TEXT NOT NULL CHECK (state IN ('due', 'sending', 'sent', 'failed', 'dead', 'dropped')),
    due_at        TIMESTAMPTZ NOT NULL,
    -- The sender that works on it, from when, and until when no other may.
    lease         UUID,
    claimed_at    TIMESTAMPTZ,
    leased_until  TIMESTAMPTZ,
    attempts      BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- How often a sender stopped between sending and recording it: the message may have arrived so many times more.
    repeats       BIGINT NOT NULL DEFAULT 0 CHECK (repeats >= 0),
    sent_at       TIMESTAMPTZ,
    cause         TEXT NOT NULL DEFAULT '' CHECK (length(cause) <= 300),
    -- The person at the desk who called, or the administrator who sent it again or dropped it.
    handled_by    UUID REFERENCES users (id),
    outcome       TEXT CHECK (outcome IN ('reached', 'message_left', 'not_reached', 'wrong_number')),
    created_at    TIMESTAMPTZ NOT NULL,
    CONSTRAINT messages_once UNIQUE (subject_id, kind, person_id, channel),
    CONSTRAINT messages_address CHECK ((channel = 'call') = (channel_id IS NULL)),
    CONSTRAINT messages_lease CHECK ((state = 'sending') = (lease IS NOT NULL) AND (lease IS NULL) = (leased_until IS NULL)
        AND (leased_until IS NULL OR leased_until > claimed_at)),
    CONSTRAINT messages_sent CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT messages_caused CHECK (state NOT IN ('failed', 'dead', 'dropped') OR length(cause) > 0),
    CONSTRAINT messages_called CHECK (channel = 'call' OR outcome IS NULL)
);
CREATE INDEX messages_due ON messages (due_at, id) WHERE state IN ('due', 'failed') AND channel <> 'call';
CREATE INDEX messages_leased ON messages (leased_until) WHERE state = 'sending';
CREATE INDEX messages_dead ON messages (created_at, id) WHERE state = 'dead';
CREATE INDEX messages_to_call ON messages (clinic_id, due_at) WHERE channel = 'call' AND state IN ('due', 'failed');
CREATE INDEX messages_by_patient ON messages (patient_id, created_at);
CREATE INDEX messages_by_time ON messages (created_at, id);
-- A message goes to an address of its person that is confirmed; only the code goes to one that is not. The function reads as its owner.
CREATE FUNCTION messages_to_confirmed_address() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM message_channels c WHERE c.id = NEW.channel_id AND c.patient_id = NEW.person_id
        AND c.kind = NEW.channel AND c.removed_at IS NULL AND (c.confirmed_at IS NOT NULL OR NEW.kind = 'code')) THEN
        PERFORM refuse('messages_to_confirmed_address');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER messages_to_confirmed_address BEFORE INSERT ON messages FOR EACH ROW
WHEN (NEW.channel <> 'call') EXECUTE FUNCTION messages_to_confirmed_address();
CREATE TRIGGER messages_moves BEFORE UPDATE OF state ON messages FOR EACH ROW
WHEN (NOT ((OLD.state IN ('due', 'failed') AND NEW.state = 'sending' AND NEW.channel <> 'call')
    OR (OLD.state = 'sending' AND NEW.state IN ('sending', 'sent', 'failed', 'dead', 'dropped'))
    OR (OLD.state IN ('due', 'failed') AND NEW.state IN ('sent', 'failed') AND NEW.channel = 'call' AND NEW.outcome IS NOT NULL)
    OR (OLD.state IN ('due', 'failed', 'dead') AND NEW.state = 'dropped')
    OR (OLD.state = 'dead' AND NEW.state = 'due')))
EXECUTE FUNCTION row_fixed('messages_moves');
-- While one sender has a message, no other takes it.
CREATE TRIGGER messages_one_sender BEFORE UPDATE ON messages FOR EACH ROW
WHEN (OLD.state = 'sending' AND NEW.state = 'sending' AND (NEW.claimed_at IS NULL OR NEW.claimed_at < OLD.leased_until))
EXECUTE FUNCTION row_fixed('messages_one_sender');
CREATE TRIGGER messages_fixed BEFORE UPDATE ON messages FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.person_id, NEW.channel, NEW.channel_id, NEW.kind, NEW.clinic_id, NEW.subject_id, NEW.about_at, NEW.expires_at,
        NEW.link, NEW.created_at)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.person_id, OLD.channel, OLD.channel_id, OLD.kind, OLD.clinic_id, OLD.subject_id, OLD.about_at,
        OLD.expires_at, OLD.link, OLD.created_at)
    OR OLD.state IN ('sent', 'dropped') OR NEW.repeats < OLD.repeats)
EXECUTE FUNCTION row_fixed('messages_fixed');
CREATE TRIGGER messages_kept BEFORE DELETE ON messages FOR EACH ROW EXECUTE FUNCTION row_fixed('messages_fixed');
-- An appointment that does not stand any more has no reminder. The function writes as its owner.
CREATE FUNCTION reminders_follow_appointments() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE messages SET state = 'dropped', cause = 'overtaken' WHERE subject_id = NEW.id AND state IN ('due', 'failed')
        AND (kind IN ('reminder', 'reminder_soon') OR (kind IN ('booked', 'moved') AND NEW.state IN ('cancelled', 'rescheduled')));
    RETURN NULL;
END $$;
CREATE TRIGGER reminders_follow_appointments AFTER UPDATE OF state ON appointments FOR EACH ROW
WHEN (OLD.state = 'booked' AND NEW.state <> 'booked') EXECUTE FUNCTION reminders_follow_appointments();

-- The people who hear of a patient, with their confirmed addresses and wishes, wherever they are cared for. It holds no address.
CREATE VIEW message_targets AS
SELECT t.patient_id, t.person_id, t.ends_at, c.id AS channel_id, c.kind, coalesce(m.unwanted, '') AS unwanted,
    coalesce(m.quiet_from, 1260) AS quiet_from, coalesce(m.quiet_until, 480) AS quiet_until
FROM (
    SELECT p.id AS patient_id, p.id AS person_id, NULL::timestamptz AS ends_at FROM patients p WHERE p.deceased_on IS NULL
    UNION ALL
    SELECT g.patient_id, g.guardian_id, g.ends_at FROM guardians g JOIN patients p ON p.id = g.patient_id
        JOIN patients q ON q.id = g.guardian_id
    WHERE g.ended_at IS NULL AND g.agreed_at IS NOT NULL AND p.deceased_on IS NULL AND q.deceased_on IS NULL
) t
LEFT JOIN message_channels c ON c.patient_id = t.person_id AND c.confirmed_at IS NOT NULL AND c.removed_at IS NULL
LEFT JOIN message_preferences m ON m.patient_id = t.person_id;

SELECT guard_rows('message_channels'), guard_rows('message_preferences');
-- The administrator sees which messages fail, of all patients: kind, channel and state.
SELECT guard_rows('messages', 'patient_id',
    'messages.clinic_id = ANY ((SELECT reader_clinics())::uuid[]) OR (SELECT reader_may()) = ''manage_hospital''');
CREATE POLICY keepers ON messages FOR UPDATE USING ((SELECT reader_may()) = 'manage_hospital')
    WITH CHECK ((SELECT reader_may()) = 'manage_hospital');
REVOKE DELETE, TRUNCATE ON messages, message_channels FROM infirmary_app;
