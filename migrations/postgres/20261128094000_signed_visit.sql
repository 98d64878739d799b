-- Format 2 of the bytes that a signature covers (src/clinical/signatures): with the visit of the encounter. Signatures of format 1 stay.
ALTER TABLE note_signatures DROP CONSTRAINT note_signatures_format_check;
ALTER TABLE note_signatures ADD CONSTRAINT note_signatures_format_check CHECK (format IN (1, 2));
