-- A price is told with an appointment or with a visit. An index that also holds the rows without the one looks useless to the planner when
-- few prices were told with it.
DROP INDEX told_prices_once;
DROP INDEX told_prices_visit_once;
CREATE UNIQUE INDEX told_prices_once ON told_prices (appointment_id) WHERE appointment_id IS NOT NULL;
CREATE UNIQUE INDEX told_prices_visit_once ON told_prices (visit_id) WHERE visit_id IS NOT NULL;
