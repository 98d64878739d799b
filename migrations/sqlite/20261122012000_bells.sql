-- Whoever acts for somebody hears what is rung for that person, and for whom.

ALTER TABLE notifications ADD COLUMN dependant_id BLOB REFERENCES patients (id);

-- Whose bell rings for a patient, and between which days: the patient's own, and those of the people who act for her, wherever they are
-- cared for. It tells who signs in, nothing of them.
CREATE VIEW bells AS
SELECT patient_id, user_id, 0 AS guardian, NULL AS from_day, NULL AS until_day FROM patient_users
UNION ALL
SELECT g.patient_id, u.user_id, 1, g.from_day, g.until_day FROM guardians g JOIN patient_users u ON u.patient_id = g.guardian_id
WHERE g.ended_at IS NULL;
