-- Asked in every policy, and so a plain expression that becomes part of the query: with a subquery inside it was planned anew at each call.
-- Who has all clinics says so with all their ids (db::Reader).
CREATE OR REPLACE FUNCTION reader_clinics() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(current_setting('infirmary.clinics', true), '')::uuid[], '{}')
$$;
