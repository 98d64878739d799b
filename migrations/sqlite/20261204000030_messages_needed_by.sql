-- The first time for which a person may come who does not hear of a change. Quiet hours do not keep the message past four hours before it.
ALTER TABLE messages ADD COLUMN needed_by TEXT;
