-- A merge of two records gives the accounts of one the rows of the other: it stands on the auditors' list too.
ALTER TABLE access_grants DROP CONSTRAINT access_grants_kind_check;
ALTER TABLE access_grants ADD CONSTRAINT access_grants_kind_check CHECK (kind IN ('code', 'staff_link', 'guardian', 'merge'));
CREATE POLICY merging ON access_grants FOR INSERT WITH CHECK (user_id = (SELECT reader_user()) AND (SELECT reader_may()) = 'keep_records');
