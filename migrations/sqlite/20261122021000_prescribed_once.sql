-- Prescribing the very same in one consultation is pressing twice: it is prescribed once. What was written twice and not signed yet stays
-- on record as entered in error.
UPDATE prescriptions SET state = 'entered_in_error', stopped_at = prescribed_at, stopped_by = prescribed_by, stop_reason = 'entered twice',
    version = version + 1
WHERE state = 'draft' AND EXISTS (
    SELECT 1 FROM prescriptions o WHERE o.encounter_id = prescriptions.encounter_id AND o.state = 'draft' AND o.id < prescriptions.id
    AND o.drug = prescriptions.drug AND o.dose = prescriptions.dose AND o.route = prescriptions.route
    AND o.frequency = prescriptions.frequency AND o.instructions = prescriptions.instructions AND o.as_needed = prescriptions.as_needed
    AND coalesce(o.duration_days, 0) = coalesce(prescriptions.duration_days, 0));
CREATE UNIQUE INDEX prescriptions_once
ON prescriptions (encounter_id, drug, dose, route, frequency, instructions, as_needed, coalesce(duration_days, 0)) WHERE state = 'draft';
