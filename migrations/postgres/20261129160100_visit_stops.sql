-- The steps of a visit are rows, so that a department adds its own without changing the queue.

CREATE TABLE queue_steps (
    step TEXT PRIMARY KEY CHECK (length(step) BETWEEN 1 AND 40)
);
INSERT INTO queue_steps (step) VALUES ('triage'), ('doctor'), ('orders'), ('cashier');
ALTER TABLE queue_entries DROP CONSTRAINT queue_entries_step_check;
ALTER TABLE queue_entries ADD CONSTRAINT queue_entries_step_known FOREIGN KEY (step) REFERENCES queue_steps (step);
