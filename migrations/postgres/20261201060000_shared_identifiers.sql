-- Two patients may have the same identifier: families share a card, and other systems give a number twice. It is told as a possible duplicate
-- instead of refused; a patient has each identifier once.
ALTER TABLE patient_identifiers DROP CONSTRAINT patient_identifiers_value_index_system_key;
CREATE UNIQUE INDEX patient_identifiers_once ON patient_identifiers (patient_id, value_index, system);
DROP INDEX patient_identifiers_by_patient;
CREATE INDEX patient_identifiers_by_value ON patient_identifiers (value_index, system);
