-- Whose a whole phone number, e-mail address, national id, policy number or outside identifier is, by its blind index: the desk finds
-- whoever stands before it, also who was never here, and reads no number that it does not know already.
CREATE VIEW patient_marks AS
SELECT id AS patient_id, phone_index AS mark FROM patients WHERE phone_index IS NOT NULL
UNION ALL SELECT id, email_index FROM patients WHERE email_index IS NOT NULL
UNION ALL SELECT id, national_id_index FROM patients WHERE national_id_index IS NOT NULL
UNION ALL SELECT patient_id, policy_index FROM coverages WHERE policy_index IS NOT NULL
UNION ALL SELECT patient_id, value_index FROM patient_identifiers;
REVOKE INSERT, UPDATE, DELETE ON patient_marks FROM infirmary_app;
