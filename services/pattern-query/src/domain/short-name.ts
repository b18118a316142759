/** How dashboards abbreviate the long words of pattern names. Lower case; a word that is not here stays whole. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  ascending: 'Asc',
  bearish: 'Bear',
  breakdown: 'BD',
  breakout: 'BO',
  bullish: 'Bull',
  descending: 'Desc',
  engulfing: 'Engulf',
  momentum: 'Mom',
  resistance: 'Res',
  symmetrical: 'Sym',
  volume: 'Vol'
}

/** Between words: separators, and where lower case or a digit meets a capital (`WeeklyBreakout`). */
const BETWEEN_WORDS = /[_ .-]+|(?<=[a-z0-9])(?=[A-Z])/

/** Producers choose the names, so what is remembered of them has a bound. */
const REMEMBERED = 1_000

const remembered = new Map<string, string>()

/** The name of a pattern as dashboards show it: `Weekly_Breakout` → `WeeklyBO`, `bull flag` → `BullFlag`, `DOJI` → `Doji`. */
export function shortName(name: string): string {
  const known = remembered.get(name)
  if (known !== undefined) return known
  const short = name.split(BETWEEN_WORDS).map(shortWord).join('') || name
  if (remembered.size >= REMEMBERED) remembered.clear()
  remembered.set(name, short)
  return short
}

function shortWord(word: string): string {
  const lower = word.toLowerCase()
  const abbreviation = Object.hasOwn(ABBREVIATIONS, lower) ? ABBREVIATIONS[lower] : undefined
  // Three capitals or fewer are an abbreviation already: RSI, BO.
  const rest = word === word.toUpperCase() && word.length <= 3 ? word.slice(1) : lower.slice(1)
  return abbreviation ?? lower.slice(0, 1).toUpperCase() + rest
}
