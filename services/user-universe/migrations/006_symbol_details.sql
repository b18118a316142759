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
