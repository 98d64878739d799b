-- The number of dead messages is counted with others in one query, which finds them by their state.
DROP INDEX messages_dead;
CREATE INDEX messages_dead ON messages (state, created_at, id) WHERE state = 'dead';
