-- One row for each number of the first day and of the last 53 days, 51,200 in all: an id, a slot of twenty minutes in North Clinic's
-- day, 960 slots a day for 40 doctors. 21 November 2026 is day 105 of them.
CREATE TABLE filler (
    n INTEGER PRIMARY KEY, id BLOB NOT NULL, other BLOB NOT NULL, at TEXT NOT NULL, until TEXT NOT NULL, day TEXT NOT NULL, now TEXT NOT NULL,
    today TEXT NOT NULL, family TEXT NOT NULL DEFAULT '', given TEXT NOT NULL DEFAULT ''
) STRICT;
WITH RECURSIVE numbers (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM numbers WHERE n < 102399)
INSERT INTO filler (n, id, other, at, until, day, now, today)
SELECT n, unhex(printf('10000000000070008000%012d', n)), unhex(printf('20000000000070008000%012d', n)),
    strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2026-08-08 13:00:00', (n / 960) || ' days', (n / 40 % 24 * 20) || ' minutes'),
    strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2026-08-08 13:20:00', (n / 960) || ' days', (n / 40 % 24 * 20) || ' minutes'),
    date('2026-08-08', (n / 960) || ' days'), '2026-11-21T15:30:00.000000Z', '2026-11-21'
FROM numbers WHERE n < 960 OR n >= 52160;
-- Studies are filled as they are at their end. On PostgreSQL no trigger works while the tables are filled.
DROP TRIGGER infusion_orders_single;
DROP TRIGGER infusions_of_stay;
DROP TRIGGER infusion_events_in_turn;
DROP TRIGGER infusion_events_follow;
DROP TRIGGER dose_scans_same_dose;
DROP TRIGGER dose_effects_of_given;
DROP TRIGGER order_protocols_followed;
DROP TRIGGER back_entries_bounds;
DROP TRIGGER imaging_orders_start;
DROP TRIGGER imaging_safety_before_start;
DROP TRIGGER imaging_doses_begun;
DROP TRIGGER radiology_reports_start;
