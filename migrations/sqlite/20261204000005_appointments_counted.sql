-- A month counts its appointments by state along this index, without reading them.
DROP INDEX appointments_by_clinic;
CREATE INDEX appointments_by_clinic ON appointments (clinic_id, starts_at, state);
