-- What was answered to creations that named a key, for a day: repeated, they get the same answer.
CREATE TABLE idempotency_keys (
  user_id    text NOT NULL CHECK (char_length(user_id) BETWEEN 1 AND 128),
  key        text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 128),
  -- SHA-256 of what was asked.
  request    bytea NOT NULL,
  answer     jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON idempotency_keys
  FOR SELECT USING (user_id = current_setting('tickstock.user_id', true));
CREATE POLICY new_rows ON idempotency_keys
  FOR INSERT WITH CHECK (user_id = current_setting('tickstock.user_id', true));
-- Anybody's that are older than a day may be removed, and no others: housekeeping needs to see none of them.
CREATE POLICY old_rows ON idempotency_keys
  FOR DELETE USING (created_at < now() - interval '1 day');
