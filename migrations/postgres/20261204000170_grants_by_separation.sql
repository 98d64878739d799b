-- The separation of two merged records takes rows from one account and gives them to another: it stands on the auditors' list as the merge does.
ALTER TABLE access_grants DROP CONSTRAINT access_grants_kind_check;
ALTER TABLE access_grants ADD CONSTRAINT access_grants_kind_check CHECK (kind IN ('code', 'staff_link', 'guardian', 'merge', 'separation'));
