-- Names by which a patient was known elsewhere or before: a search finds the patient by them, also after the present name was corrected.
CREATE TABLE patient_former_names (
    patient_id  UUID NOT NULL REFERENCES patients (id),
    given_names TEXT NOT NULL CHECK (length(given_names) <= 200),
    family_name TEXT NOT NULL CHECK (length(family_name) <= 200),
    PRIMARY KEY (patient_id, given_names, family_name)
);
SELECT guard_rows('patient_former_names');
