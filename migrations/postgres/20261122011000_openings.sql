-- How many different patients' records one person opened lately is asked of the audit log itself: each asks for herself.
CREATE VIEW openings AS
SELECT user_id, patient_id, at, what FROM audit_log
WHERE action = 'read' AND patient_id IS NOT NULL AND user_id = (SELECT reader_user());

-- Who was refused more of them, and whether the auditors were told: once an hour.
CREATE TABLE opening_alarms (
    user_id   UUID PRIMARY KEY REFERENCES users (id),
    raised_at TIMESTAMPTZ NOT NULL,
    told_at   TIMESTAMPTZ
);
REVOKE ALL ON opening_alarms FROM infirmary_app;
