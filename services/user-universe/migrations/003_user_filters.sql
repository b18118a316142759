-- What makes two names of a user the same: their case, outer blanks, the way accents are written, and marks that only
-- join letters or choose a form do not count.
CREATE FUNCTION universe_name_folded(name text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN lower(btrim(normalize(translate(name, U&'\200C\200D\FE0E\FE0F', ''), NFC)));

DROP INDEX user_watchlists_name_taken;

-- Names that were two until now, and are one from here on: the oldest keeps it, the others become "Tech (2)", "Tech (3)".
-- The owner of the table is held to row level security too, and would see none of them.
ALTER TABLE user_watchlists NO FORCE ROW LEVEL SECURITY;
DO $$
DECLARE
  twin record;
  n integer;
  free text;
BEGIN
  FOR twin IN
    SELECT id, user_id, name
    FROM (
      SELECT *, row_number() OVER (PARTITION BY user_id, universe_name_folded(name) ORDER BY created_at, id) AS nth
      FROM user_watchlists
    ) AS numbered
    WHERE nth > 1
    ORDER BY created_at, id
  LOOP
    n := 2;
    LOOP
      free := left(twin.name, 97 - length(n::text)) || format(' (%s)', n);
      EXIT WHEN NOT EXISTS (
        SELECT FROM user_watchlists
        WHERE user_id = twin.user_id AND universe_name_folded(name) = universe_name_folded(free)
      );
      n := n + 1;
    END LOOP;
    UPDATE user_watchlists SET name = free, version = version + 1, updated_at = now() WHERE id = twin.id;
  END LOOP;
END
$$;
ALTER TABLE user_watchlists FORCE ROW LEVEL SECURITY;

CREATE UNIQUE INDEX user_watchlists_name_taken ON user_watchlists (user_id, universe_name_folded(name));

-- For the filters' reference: a watchlist of the same user.
ALTER TABLE user_watchlists ADD CONSTRAINT user_watchlists_of_user UNIQUE (user_id, id);

CREATE TABLE user_filters (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id    text NOT NULL CHECK (char_length(user_id) BETWEEN 1 AND 128),
  name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
  criteria   jsonb NOT NULL CHECK (jsonb_typeof(criteria) = 'object' AND octet_length(criteria::text) <= 131072),
  is_default boolean NOT NULL DEFAULT false,
  version    integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- A saved filter can always be run: its watchlist is there, is the user's own, and stays while a filter names it.
  watchlist_id uuid GENERATED ALWAYS AS ((criteria ->> 'watchlist')::uuid) STORED,
  CONSTRAINT user_filters_watchlist FOREIGN KEY (user_id, watchlist_id) REFERENCES user_watchlists (user_id, id)
);

CREATE UNIQUE INDEX user_filters_name_taken ON user_filters (user_id, universe_name_folded(name));
CREATE UNIQUE INDEX user_filters_one_default ON user_filters (user_id) WHERE is_default;
CREATE INDEX user_filters_by_watchlist ON user_filters (watchlist_id);

ALTER TABLE user_filters ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_filters FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON user_filters
  USING (user_id = current_setting('tickstock.user_id', true))
  WITH CHECK (user_id = current_setting('tickstock.user_id', true));
