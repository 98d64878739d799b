-- A user who reads the audit log loses that: the role is taken away, or the account is deactivated. The other auditors and the administrators
-- hear of it.
ALTER TABLE role_alarms ADD COLUMN what TEXT NOT NULL DEFAULT 'given' CHECK (what IN ('given', 'taken', 'deactivated'));
