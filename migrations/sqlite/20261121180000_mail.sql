-- Letters on their way out, and those who say that they forgot their password. Both are written with the change that causes
-- them and dealt with by a job.

CREATE TABLE mails (
    id          BLOB PRIMARY KEY NOT NULL,
    recipient   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    -- Empty once it is sent: it may hold a link.
    body        TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    next_try_at TEXT,
    attempts    INTEGER NOT NULL DEFAULT 0,
    sent_at     TEXT,
    CHECK (next_try_at IS NULL OR sent_at IS NULL)
) STRICT;
CREATE INDEX mails_waiting ON mails (next_try_at) WHERE next_try_at IS NOT NULL;

-- Whether or not anybody signs in with that name: asking takes as long and leaves as much.
CREATE TABLE forgotten_passwords (
    id       BLOB PRIMARY KEY NOT NULL,
    login    TEXT NOT NULL,
    language TEXT NOT NULL,
    asked_at TEXT NOT NULL
) STRICT;
