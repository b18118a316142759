CREATE TABLE user_watchlists (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id    text NOT NULL CHECK (char_length(user_id) BETWEEN 1 AND 128),
  name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
  symbols    text[] NOT NULL CHECK (cardinality(symbols) <= 1000),
  version    integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- One of a name for each user: whatever its case, its outer blanks, and the way its accents are written.
CREATE UNIQUE INDEX user_watchlists_name_taken ON user_watchlists (user_id, lower(btrim(normalize(name, NFC))));

-- A user sees only his own rows, even where a query forgets to say whose. The setting is made for each transaction;
-- without it there is no row. FORCE: the owner of the table is held to it too.
ALTER TABLE user_watchlists ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_watchlists FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON user_watchlists
  USING (user_id = current_setting('tickstock.user_id', true))
  WITH CHECK (user_id = current_setting('tickstock.user_id', true));
