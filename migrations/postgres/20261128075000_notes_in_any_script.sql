-- Four sections of 20,000 letters, of up to four bytes each: the limit in bytes agrees with the limit in letters, in any script.
ALTER TABLE notes DROP CONSTRAINT notes_sealed_check;
ALTER TABLE notes ADD CONSTRAINT notes_sealed_check CHECK (length(sealed) <= 400000);
