-- extensions
pg_trgm

-- columns
idempotency_keys.user_id text NOT NULL
idempotency_keys.key text NOT NULL
idempotency_keys.request bytea NOT NULL
idempotency_keys.answer jsonb NOT NULL
idempotency_keys.created_at timestamp with time zone NOT NULL DEFAULT now()
symbols.symbol text COLLATE "C" NOT NULL
symbols.name text NOT NULL
symbols.market text NOT NULL DEFAULT 'stocks'::text
symbols.sector text
symbols.synthetic boolean NOT NULL DEFAULT false
symbols.updated_at timestamp with time zone NOT NULL DEFAULT now()
symbols.name_folded text NOT NULL DEFAULT lower(name)
symbols.exchange text
symbols.industry text
symbols.type text
universe_outbox.id bigint NOT NULL
universe_outbox.user_id text NOT NULL
universe_outbox.kind text NOT NULL
universe_outbox.item_id uuid NOT NULL
universe_outbox.version integer NOT NULL
universe_outbox.deleted boolean NOT NULL
universe_outbox.at timestamp with time zone NOT NULL DEFAULT clock_timestamp()
user_filters.id uuid NOT NULL DEFAULT gen_random_uuid()
user_filters.user_id text NOT NULL
user_filters.name text NOT NULL
user_filters.criteria jsonb NOT NULL
user_filters.is_default boolean NOT NULL DEFAULT false
user_filters.version integer NOT NULL DEFAULT 1
user_filters.created_at timestamp with time zone NOT NULL DEFAULT now()
user_filters.updated_at timestamp with time zone NOT NULL DEFAULT now()
user_filters.watchlist_id uuid DEFAULT ((criteria ->> 'watchlist'::text))::uuid
user_watchlists.id uuid NOT NULL DEFAULT gen_random_uuid()
user_watchlists.user_id text NOT NULL
user_watchlists.name text NOT NULL
user_watchlists.symbols text[] NOT NULL
user_watchlists.version integer NOT NULL DEFAULT 1
user_watchlists.created_at timestamp with time zone NOT NULL DEFAULT now()
user_watchlists.updated_at timestamp with time zone NOT NULL DEFAULT now()

-- constraints
idempotency_keys CHECK (((char_length(key) >= 1) AND (char_length(key) <= 128)))
idempotency_keys CHECK (((char_length(user_id) >= 1) AND (char_length(user_id) <= 128)))
idempotency_keys PRIMARY KEY (user_id, key)
symbols PRIMARY KEY (symbol)
universe_outbox CHECK ((kind = ANY (ARRAY['watchlist'::text, 'filter'::text])))
universe_outbox PRIMARY KEY (id)
user_filters CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
user_filters CHECK (((char_length(user_id) >= 1) AND (char_length(user_id) <= 128)))
user_filters CHECK (((jsonb_typeof(criteria) = 'object'::text) AND (octet_length((criteria)::text) <= 131072)))
user_filters CHECK ((version >= 1))
user_filters FOREIGN KEY (user_id, watchlist_id) REFERENCES user_watchlists(user_id, id)
user_filters PRIMARY KEY (id)
user_watchlists CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
user_watchlists CHECK (((char_length(user_id) >= 1) AND (char_length(user_id) <= 128)))
user_watchlists CHECK ((cardinality(symbols) <= 1000))
user_watchlists CHECK ((version >= 1))
user_watchlists PRIMARY KEY (id)
user_watchlists UNIQUE (user_id, id)

-- indexes
CREATE INDEX idempotency_keys_by_age ON public.idempotency_keys USING btree (created_at)
CREATE INDEX symbols_by_market ON public.symbols USING btree (lower(market), symbol)
CREATE INDEX symbols_by_name ON public.symbols USING gin (name_folded gin_trgm_ops) WITH (fastupdate=off)
CREATE INDEX symbols_by_sector ON public.symbols USING btree (lower(sector), symbol)
CREATE INDEX symbols_by_type ON public.symbols USING btree (lower(type), symbol)
CREATE INDEX user_filters_by_watchlist ON public.user_filters USING btree (watchlist_id)
CREATE UNIQUE INDEX idempotency_keys_pkey ON public.idempotency_keys USING btree (user_id, key)
CREATE UNIQUE INDEX symbols_pkey ON public.symbols USING btree (symbol)
CREATE UNIQUE INDEX universe_outbox_pkey ON public.universe_outbox USING btree (id)
CREATE UNIQUE INDEX user_filters_name_taken ON public.user_filters USING btree (user_id, universe_name_folded(name))
CREATE UNIQUE INDEX user_filters_one_default ON public.user_filters USING btree (user_id) WHERE is_default
CREATE UNIQUE INDEX user_filters_pkey ON public.user_filters USING btree (id)
CREATE UNIQUE INDEX user_watchlists_name_taken ON public.user_watchlists USING btree (user_id, universe_name_folded(name))
CREATE UNIQUE INDEX user_watchlists_of_user ON public.user_watchlists USING btree (user_id, id)
CREATE UNIQUE INDEX user_watchlists_pkey ON public.user_watchlists USING btree (id)

-- functions
CREATE OR REPLACE FUNCTION public.note_universe_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$

CREATE OR REPLACE FUNCTION public.universe_name_folded(name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN lower(btrim(NORMALIZE(translate(name, '‌‍︎️'::text, ''::text), NFC)))


-- triggers
CREATE TRIGGER note_change AFTER INSERT OR DELETE OR UPDATE ON public.user_filters FOR EACH ROW EXECUTE FUNCTION note_universe_change('filter')
CREATE TRIGGER note_change AFTER INSERT OR DELETE OR UPDATE ON public.user_watchlists FOR EACH ROW EXECUTE FUNCTION note_universe_change('watchlist')

-- row level security
idempotency_keys ENABLED FORCED
symbols
universe_outbox ENABLED FORCED
user_filters ENABLED FORCED
user_watchlists ENABLED FORCED

-- policies
idempotency_keys new_rows a TO {-} USING  WITH CHECK (user_id = current_setting('tickstock.user_id'::text, true))
idempotency_keys old_rows d TO {-} USING (created_at < (now() - '1 day'::interval)) WITH CHECK 
idempotency_keys own_rows r TO {-} USING (user_id = current_setting('tickstock.user_id'::text, true)) WITH CHECK 
universe_outbox own_rows a TO {-} USING  WITH CHECK (user_id = current_setting('tickstock.user_id'::text, true))
universe_outbox relay * TO {universe_relay} USING true WITH CHECK 
user_filters own_rows * TO {-} USING (user_id = current_setting('tickstock.user_id'::text, true)) WITH CHECK (user_id = current_setting('tickstock.user_id'::text, true))
user_watchlists own_rows * TO {-} USING (user_id = current_setting('tickstock.user_id'::text, true)) WITH CHECK (user_id = current_setting('tickstock.user_id'::text, true))

-- grants
idempotency_keys DELETE TO universe_writer
idempotency_keys INSERT TO universe_writer
idempotency_keys SELECT TO universe_writer
symbols INSERT TO universe_producer
symbols SELECT (symbol) TO universe_writer
symbols SELECT TO universe_producer
symbols SELECT TO universe_reader
symbols UPDATE TO universe_producer
universe_outbox DELETE TO universe_relay
universe_outbox INSERT TO universe_writer
universe_outbox SELECT TO universe_relay
user_filters DELETE TO universe_writer
user_filters INSERT TO universe_writer
user_filters SELECT TO universe_reader
user_filters SELECT TO universe_writer
user_filters UPDATE (criteria, is_default, name, updated_at, version) TO universe_writer
user_watchlists DELETE TO universe_writer
user_watchlists INSERT TO universe_writer
user_watchlists SELECT TO universe_reader
user_watchlists SELECT TO universe_writer
user_watchlists UPDATE (name, symbols, updated_at, version) TO universe_writer
