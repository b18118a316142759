import { raise } from '@tickstock/contracts'

/** `old`: it could not be read lately. */
export type SectorsFreshness = 'known' | 'old' | 'unknown'

/** Sectors as the symbols table writes them, by their lower case. */
export type SectorNames = ReadonlyMap<string, string>

/** Known sectors that a refusal names. */
const NAMED = 20

/**
 * Makes sure that sectors can be scanned for.
 *
 * @param known undefined until the table is known
 * @param wanted lower case
 * @throws ProblemError invalid_request, naming those that do not exist; universe_unavailable while none is known
 */
export function requireSectors(known: SectorNames | undefined, wanted: readonly string[]): void {
  const sectors = known ?? raise('universe_unavailable', 'The sectors of the symbols are not known')
  const unknown = wanted.filter(name => !sectors.has(name))
  if (unknown.length === 0) return
  raise('invalid_request', `There is no sector ${unknown.slice(0, NAMED).join(', ')}`, [
    { field: 'query.sectors', expected: expectationOf([...sectors.values()].sort()) }
  ])
}

function expectationOf(names: readonly string[]): string {
  if (names.length === 0) return 'nothing: no symbol has a sector until a listing that names them is loaded'
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
  return `sectors of the symbols table: ${names.slice(0, NAMED).join(', ')}${more}`
}

export const sectorNames = (sectors: Readonly<Record<string, unknown>>): SectorNames =>
  new Map(Object.keys(sectors).map(name => [name.toLowerCase(), name]))

/** @returns symbol → sector, lower case */
export function sectorsBySymbol(sectors: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, string> {
  const bySymbol = new Map<string, string>()
  for (const [sector, symbols] of Object.entries(sectors)) {
    for (const symbol of symbols) bySymbol.set(symbol, sector.toLowerCase())
  }
  return bySymbol
}
