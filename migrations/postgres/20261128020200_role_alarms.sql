-- Roles that an administrator gave and that open records, the audit log or the management of users: the auditors hear of each, once.
CREATE TABLE role_alarms (
    id         UUID PRIMARY KEY,
    user_id    UUID NOT NULL REFERENCES users (id),
    role       TEXT NOT NULL,
    clinic_id  UUID REFERENCES clinics (id),
    granted_by UUID NOT NULL REFERENCES users (id),
    granted_at TIMESTAMPTZ NOT NULL
);
REVOKE ALL ON role_alarms FROM infirmary_app;
GRANT INSERT ON role_alarms TO infirmary_app;
