-- The stays of a ward that ended, for the list of missing summaries.
CREATE INDEX admissions_left_of_ward ON admissions (clinic_id, coalesce(accepted_ward_id, ward_id), left_at) WHERE state = 'discharged';
