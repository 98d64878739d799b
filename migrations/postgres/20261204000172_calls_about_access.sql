-- Calls about access to a record, for a person who cannot be written to.
ALTER TABLE messages DROP CONSTRAINT messages_kind_check;
ALTER TABLE messages ADD CONSTRAINT messages_kind_check CHECK (kind IN ('code', 'booked', 'moved', 'cancelled', 'reminder', 'reminder_soon',
    'offer', 'results', 'document', 'receipt', 'invoice_due', 'access'));
ALTER TABLE message_texts DROP CONSTRAINT message_texts_kind_check;
ALTER TABLE message_texts ADD CONSTRAINT message_texts_kind_check CHECK (kind IN ('code', 'booked', 'moved', 'cancelled', 'reminder',
    'reminder_soon', 'offer', 'results', 'document', 'receipt', 'invoice_due', 'access'));
-- A patient who changes the own sign-in, and cannot be written to, is called.
CREATE POLICY access_calls ON messages FOR INSERT WITH CHECK (channel = 'call' AND kind = 'access'
    AND EXISTS (SELECT 1 FROM patient_users u WHERE u.user_id = (SELECT reader_user()) AND u.patient_id = messages.patient_id OFFSET 0));
