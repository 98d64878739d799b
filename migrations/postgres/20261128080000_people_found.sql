-- Which form the keys and search terms of names have (`patients::rebuild_names`): the program writes an older form anew at its start.
CREATE TABLE names_form (
    id   BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    form BIGINT NOT NULL
);
INSERT INTO names_form (id, form) VALUES (1, 0);
REVOKE INSERT, UPDATE, DELETE ON names_form FROM infirmary_app;

-- Two patients of one birth date whose names sound alike are found by one look; a name key alone as before.
DROP INDEX patients_by_name_key;
CREATE INDEX patients_by_name_key ON patients (name_key, birth_date);

CREATE OR REPLACE VIEW patient_identities AS
SELECT id, mrn, given_names, family_name, preferred_name, birth_date, birth_precision, sex, created_at, name_key FROM patients;
