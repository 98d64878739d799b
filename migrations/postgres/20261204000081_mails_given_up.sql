-- Letters that were given up after all attempts are counted for the alarms.
CREATE INDEX mails_given_up ON mails (created_at) WHERE next_try_at IS NULL AND sent_at IS NULL;
