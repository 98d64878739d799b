-- Roles that an administrator gave and that open records, the audit log or the management of users: the auditors hear of each, once.
CREATE TABLE role_alarms (
    id         BLOB PRIMARY KEY NOT NULL,
    user_id    BLOB NOT NULL REFERENCES users (id),
    role       TEXT NOT NULL,
    clinic_id  BLOB REFERENCES clinics (id),
    granted_by BLOB NOT NULL REFERENCES users (id),
    granted_at TEXT NOT NULL
) STRICT;
