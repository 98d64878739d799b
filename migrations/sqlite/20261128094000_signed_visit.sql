-- Format 2 of the bytes that a signature covers (src/clinical/signatures): with the visit of the encounter. Signatures of format 1 stay.
ALTER TABLE note_signatures ADD COLUMN new_format INTEGER NOT NULL DEFAULT 1 CHECK (new_format IN (1, 2));
ALTER TABLE note_signatures DROP COLUMN format;
ALTER TABLE note_signatures RENAME COLUMN new_format TO format;
