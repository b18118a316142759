-- What can be traded. The producer owns the rows; this service only reads them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE symbols (
  -- "C": pages are cut by this order, which must not change with the machine's locale.
  symbol     text COLLATE "C" PRIMARY KEY,
  name       text NOT NULL,
  market     text NOT NULL DEFAULT 'stocks',
  sector     text,
  synthetic  boolean NOT NULL DEFAULT false,
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- Searched instead of the name: ILIKE folds both sides for every row, which takes five times as long.
  name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED
);

CREATE INDEX symbols_by_market ON symbols (market, symbol);
CREATE INDEX symbols_by_sector ON symbols (sector, symbol);
CREATE INDEX symbols_by_name ON symbols USING gin (name_folded gin_trgm_ops);
