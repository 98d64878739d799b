-- The stays of a doctor that ended, for the list of missing summaries.
CREATE INDEX admissions_left_of_doctor ON admissions (clinic_id, doctor_id, left_at) WHERE state = 'discharged';
