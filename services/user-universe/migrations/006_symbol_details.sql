-- What a listing may say beside name and sector. Null where the producer does not know it.
ALTER TABLE symbols
  ADD COLUMN exchange text,
  ADD COLUMN industry text,
  ADD COLUMN type text;

-- Searched in any case.
DROP INDEX symbols_by_market;
DROP INDEX symbols_by_sector;
CREATE INDEX symbols_by_market ON symbols (lower(market), symbol);
CREATE INDEX symbols_by_sector ON symbols (lower(sector), symbol);
CREATE INDEX symbols_by_type ON symbols (lower(type), symbol);

-- Listings are loaded thousands at a time and then only read. Entries that wait in the index's pending list until the
-- next vacuum made the planner leave the index: a search by likeness then took 90 to 190 ms instead of 2 to 4.
ALTER INDEX symbols_by_name SET (fastupdate = off);
