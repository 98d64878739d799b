-- A hash of the network (an IPv6 /64 as one) that a request came from: one network has only so many open ones.
ALTER TABLE first_visits ADD COLUMN network BYTEA CHECK (length(network) = 32);
CREATE INDEX first_visits_of_network ON first_visits (network) WHERE state IN ('waiting', 'answered') AND network IS NOT NULL;
