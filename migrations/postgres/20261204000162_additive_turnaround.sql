-- The first releases of a clinic in a span of days: the turnaround of the laboratory.
CREATE INDEX lab_results_released ON lab_results (clinic_id, released_at) WHERE released_at IS NOT NULL AND correction = '';
