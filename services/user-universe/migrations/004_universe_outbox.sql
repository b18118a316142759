-- What changed and is not yet in the stream of changes. A row is written in the transaction of its change, by a trigger,
-- so that no change can leave without one, whoever makes it; a relay takes the rows in the order of their ids.
CREATE TABLE universe_outbox (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id text NOT NULL,
  kind    text NOT NULL CHECK (kind IN ('watchlist', 'filter')),
  item_id uuid NOT NULL,
  version integer NOT NULL,
  deleted boolean NOT NULL,
  at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A writer may only add, and only for the user whose transaction it is. The policy of the relay comes with its role.
ALTER TABLE universe_outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE universe_outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON universe_outbox
  FOR INSERT WITH CHECK (user_id = current_setting('tickstock.user_id', true));

CREATE FUNCTION note_universe_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO universe_outbox (user_id, kind, item_id, version, deleted)
    VALUES (OLD.user_id, TG_ARGV[0], OLD.id, OLD.version, true);
  ELSE
    INSERT INTO universe_outbox (user_id, kind, item_id, version, deleted)
    VALUES (NEW.user_id, TG_ARGV[0], NEW.id, NEW.version, false);
  END IF;
  -- Wakes the relay at the commit; of equal ones in a transaction Postgres sends one.
  NOTIFY universe_outbox;
  RETURN NULL;
END
$$;

CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON user_watchlists
  FOR EACH ROW EXECUTE FUNCTION note_universe_change('watchlist');
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON user_filters
  FOR EACH ROW EXECUTE FUNCTION note_universe_change('filter');
