-- The sentences of messages that the hospital writes itself. Rows are only added: the latest of a kind counts, and an empty pair means the
-- program's own sentence.
CREATE TABLE message_texts (
    id          BLOB PRIMARY KEY NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('code', 'booked', 'moved', 'cancelled', 'reminder', 'reminder_soon', 'offer', 'results',
        'document', 'receipt')),
    version     INTEGER NOT NULL CHECK (version >= 1),
    english     TEXT NOT NULL CHECK (length(english) <= 300),
    spanish     TEXT NOT NULL CHECK (length(spanish) <= 300),
    written_at  TEXT NOT NULL,
    written_by  BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT message_texts_one_of_a_version UNIQUE (kind, version),
    CONSTRAINT message_texts_in_both_languages CHECK ((english = '') = (spanish = ''))
) STRICT;
CREATE INDEX message_texts_by_writer ON message_texts (written_by);
CREATE TRIGGER message_texts_in_order BEFORE INSERT ON message_texts
WHEN NEW.version <> 1 + (SELECT coalesce(max(version), 0) FROM message_texts t WHERE t.kind = NEW.kind)
BEGIN
    SELECT RAISE(ABORT, 'message_texts_in_order');
END;
CREATE TRIGGER message_texts_fixed BEFORE UPDATE ON message_texts
BEGIN
    SELECT RAISE(ABORT, 'message_texts_fixed');
END;
CREATE TRIGGER message_texts_kept BEFORE DELETE ON message_texts
BEGIN
    SELECT RAISE(ABORT, 'message_texts_fixed');
END;
