-- That a bed is taken, not by whom: everybody who plans sees it of all wards, as taken_times shows it of the doctors' hours.
CREATE VIEW taken_beds AS
SELECT bed_id, kind FROM bed_uses WHERE ended_at IS NULL AND voided_at IS NULL;
REVOKE INSERT, UPDATE, DELETE ON taken_beds FROM infirmary_app;
