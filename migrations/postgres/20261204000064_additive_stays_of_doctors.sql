-- The stays of a doctor that ended, for the list of missing summaries; queries about a ward do not see it.
CREATE INDEX admissions_left_of_doctor ON admissions (clinic_id, doctor_id, left_at) WHERE state = 'discharged' AND doctor_id IS NOT NULL;
