-- Letters on their way out, and those who say that they forgot their password. Both are written with the change that causes
-- them and dealt with by a job.

CREATE TABLE mails (
    id          UUID PRIMARY KEY,
    recipient   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    -- Empty once it is sent: it may hold a link.
    body        TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    next_try_at TIMESTAMPTZ,
    attempts    BIGINT NOT NULL DEFAULT 0,
    sent_at     TIMESTAMPTZ,
    CHECK (next_try_at IS NULL OR sent_at IS NULL)
);
CREATE INDEX mails_waiting ON mails (next_try_at) WHERE next_try_at IS NOT NULL;

-- Whether or not anybody signs in with that name: asking takes as long and leaves as much.
CREATE TABLE forgotten_passwords (
    id       UUID PRIMARY KEY,
    login    TEXT NOT NULL,
    language TEXT NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL
);
