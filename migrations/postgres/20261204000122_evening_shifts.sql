-- A ward may have an evening shift between day and night.
ALTER TABLE nursing_allocations DROP CONSTRAINT nursing_allocations_shift_check;
ALTER TABLE nursing_allocations ADD CONSTRAINT nursing_allocations_shift_check CHECK (shift IN ('day', 'evening', 'night'));
ALTER TABLE handovers DROP CONSTRAINT handovers_shift_check;
ALTER TABLE handovers ADD CONSTRAINT handovers_shift_check CHECK (shift IN ('day', 'evening', 'night'));
