-- The list of patients by name, and finding a patient by another house's number.

CREATE INDEX patients_by_name ON patients (family_name, given_names, id);
CREATE INDEX patient_identifiers_by_value ON patient_identifiers (value);
