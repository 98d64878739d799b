-- As in sqlite.sql.
SET session_replication_role = replica;
SET default_statistics_target = 10;
CREATE TABLE filler (
    n INTEGER PRIMARY KEY, id UUID NOT NULL, other UUID NOT NULL, at TIMESTAMPTZ NOT NULL, until TIMESTAMPTZ NOT NULL, day DATE NOT NULL, now TIMESTAMPTZ NOT NULL,
    today DATE NOT NULL, family TEXT NOT NULL DEFAULT '', given TEXT NOT NULL DEFAULT ''
);
INSERT INTO filler (n, id, other, at, until, day, now, today)
SELECT n, ('10000000000070008000' || lpad(n::text, 12, '0'))::uuid, ('20000000000070008000' || lpad(n::text, 12, '0'))::uuid,
    TIMESTAMPTZ '2026-08-08 13:00:00Z' + make_interval(days => n / 960, mins => n / 40 % 24 * 20),
    TIMESTAMPTZ '2026-08-08 13:20:00Z' + make_interval(days => n / 960, mins => n / 40 % 24 * 20),
    DATE '2026-08-08' + n / 960, '2026-11-21T15:30:00Z', '2026-11-21'
FROM generate_series(0, 102399) AS n WHERE n < 960 OR n >= 52160;
