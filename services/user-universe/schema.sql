-- extensions
pg_trgm

-- columns
symbols.symbol text COLLATE "C" NOT NULL
symbols.name text NOT NULL
symbols.market text NOT NULL DEFAULT 'stocks'::text
symbols.sector text
symbols.synthetic boolean NOT NULL DEFAULT false
symbols.updated_at timestamp with time zone NOT NULL DEFAULT now()
symbols.name_folded text NOT NULL DEFAULT lower(name)
user_watchlists.id uuid NOT NULL DEFAULT gen_random_uuid()
user_watchlists.user_id text NOT NULL
user_watchlists.name text NOT NULL
user_watchlists.symbols text[] NOT NULL
user_watchlists.version integer NOT NULL DEFAULT 1
user_watchlists.created_at timestamp with time zone NOT NULL DEFAULT now()
user_watchlists.updated_at timestamp with time zone NOT NULL DEFAULT now()

-- constraints
symbols PRIMARY KEY (symbol)
user_watchlists CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
user_watchlists CHECK (((char_length(user_id) >= 1) AND (char_length(user_id) <= 128)))
user_watchlists CHECK ((cardinality(symbols) <= 1000))
user_watchlists CHECK ((version >= 1))
user_watchlists PRIMARY KEY (id)

-- indexes
CREATE INDEX symbols_by_market ON public.symbols USING btree (market, symbol)
CREATE INDEX symbols_by_name ON public.symbols USING gin (name_folded gin_trgm_ops)
CREATE INDEX symbols_by_sector ON public.symbols USING btree (sector, symbol)
CREATE UNIQUE INDEX symbols_pkey ON public.symbols USING btree (symbol)
CREATE UNIQUE INDEX user_watchlists_name_taken ON public.user_watchlists USING btree (user_id, lower(btrim(NORMALIZE(name, NFC))))
CREATE UNIQUE INDEX user_watchlists_pkey ON public.user_watchlists USING btree (id)

-- row level security
symbols
user_watchlists ENABLED FORCED

-- policies
user_watchlists own_rows * USING (user_id = current_setting('tickstock.user_id'::text, true)) WITH CHECK (user_id = current_setting('tickstock.user_id'::text, true))

-- grants
symbols SELECT TO universe_reader
user_watchlists DELETE TO universe_writer
user_watchlists INSERT TO universe_writer
user_watchlists SELECT TO universe_reader
user_watchlists SELECT TO universe_writer
user_watchlists UPDATE (name, symbols, updated_at, version) TO universe_writer
