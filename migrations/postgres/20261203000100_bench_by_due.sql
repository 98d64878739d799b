-- The bench lists the open analyses as they are due, stat first.
CREATE INDEX lab_analyses_by_due ON lab_analyses (clinic_id, (CASE priority WHEN 'stat' THEN 1 ELSE 2 END), due_at, id)
    WHERE state IN ('ready', 'entered', 'checked', 'sent_out');
-- The record of a patient shows the latest results of all tests, replaced ones too.
CREATE INDEX lab_results_by_time ON lab_results (patient_id, measured_at, id);
