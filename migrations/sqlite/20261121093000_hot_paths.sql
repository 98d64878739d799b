-- What the query plans at 100,000 rows a table asked for.

-- The roles are read at every request.
CREATE INDEX user_roles_by_user ON user_roles (user_id);
-- The list of patients by birth date, in both directions.
DROP INDEX patients_by_birth;
CREATE INDEX patients_by_birth ON patients (birth_date, id);
-- A new row is looked for among those that name one as their replacement.
CREATE INDEX appointments_by_replacement ON appointments (replaced_by) WHERE replaced_by IS NOT NULL;
