-- Who may sign in, as what, and which browsers are signed in now.

CREATE TABLE users (
    id            UUID PRIMARY KEY NOT NULL,
    login         TEXT NOT NULL UNIQUE CHECK (login = lower(login) AND length(login) BETWEEN 2 AND 254),
    display_name  TEXT NOT NULL CHECK (length(display_name) BETWEEN 1 AND 200),
    password_hash TEXT,
    status        TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'locked')),
    language      TEXT CHECK (language IN ('en', 'es')),
    demo          BOOLEAN NOT NULL DEFAULT FALSE,
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL,
    version       BIGINT NOT NULL DEFAULT 1
);

-- The program itself: imports and jobs act as this user. It cannot sign in.
INSERT INTO users (id, login, display_name, status, created_at, updated_at)
VALUES ('00000000-0000-0000-0000-000000000001', 'system', 'Infirmary', 'inactive',
        '2026-11-21T09:00:00Z', '2026-11-21T09:00:00Z');

CREATE TABLE sessions (
    id_hash      BYTEA PRIMARY KEY NOT NULL,
    user_id      UUID REFERENCES users (id) ON DELETE CASCADE,
    data         TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
