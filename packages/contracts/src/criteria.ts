import { isChannel } from './channels.ts'
import { SCAN_LIST_LIMIT, type ScanCriteria } from './http/scan-criteria.ts'
import type { PatternIdentity, ThresholdValues } from './pattern.ts'
import type { FieldError } from './problems.ts'

/** Both ends belong to it. */
export interface NumberRange {
  readonly min: number
  readonly max: number
}

/** Numbers of a pattern that criteria can bound, by the names that scans sort by. */
export const RANGE_NAMES = ['confidence', 'rs', 'volume', 'rsi'] as const

export type RangeName = (typeof RANGE_NAMES)[number]

/**
 * What a scan, a saved filter or a subscription asks of a pattern, as it was given. A pattern must pass every field; of a list, any value will do.
 * The ids of watchlists and saved filters are no part of it: they are looked up first.
 */
export interface Criteria {
  readonly symbols?: readonly string[] | undefined
  readonly sectors?: readonly string[] | undefined
  readonly pattern_types?: readonly string[] | undefined
  /** Channels (`daily`), bar sizes (`5min`) or `all`. */
  readonly timeframes?: readonly string[] | undefined
  readonly confidence_min?: number | undefined
  readonly rs_min?: number | undefined
  readonly vol_min?: number | undefined
  readonly rsi_range?: string | undefined
}

/**
 * The one form that all criteria of equal meaning have: only fields that constrain, names in one case, sorted and each once, fields in a fixed order.
 * So criteria of equal meaning are equal as JSON.
 */
export interface CanonicalCriteria {
  /** Upper case. */
  readonly symbols?: readonly string[]
  /** Lower case. */
  readonly sectors?: readonly string[]
  /** Lower case. */
  readonly pattern_types?: readonly string[]
  /** Lower case. A channel's name means the channel, any other word a bar size. */
  readonly timeframes?: readonly string[]
  readonly ranges: Readonly<Partial<Record<RangeName, NumberRange>>>
}

/** The word that stands for every sector and every timeframe. It is none for symbols: ALL is a ticker. */
const ALL = 'all'

/** What a scan or a saved filter asks, in the shape that subscriptions have too. */
export function criteriaOf({ timeframe, ...scan }: ScanCriteria) {
  const { symbols, sectors, watchlist, pattern_types, confidence_min, rs_min, vol_min, rsi_range } = scan
  const given = { symbols, sectors, watchlist, pattern_types, confidence_min, rs_min, vol_min, rsi_range }
  return defined({ ...given, timeframes: timeframe === undefined ? undefined : [timeframe] })
}

/** The values of a list: commas split, blanks trimmed. */
export const valuesOf = (list: readonly string[]): string[] =>
  list.flatMap(text => text.split(',')).map(value => value.trim())

/** The two ends of an `rsi_range`; NaN for an end that is none. */
export function rsiBounds(text: string): NumberRange {
  const [min = Number.NaN, max = Number.NaN] = text.split(',').map(Number)
  return { min, max }
}

/** Control characters and halves of characters: no name has them, and no database keeps them. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u
const TEXT = 'text without control characters'

const LISTS = ['pattern_types', 'symbols', 'sectors'] as const

/**
 * What is wrong with criteria that their schema accepts. The one place that knows: what passes can be scanned for, saved and subscribed to.
 *
 * @param place stands before the name of each field: `query`, `body.criteria` …
 */
export function criteriaFaults(criteria: Criteria & Pick<ScanCriteria, 'timeframe'>, place: string): FieldError[] {
  const faults: FieldError[] = []
  const fault = (field: string, expected: string) => faults.push({ field: `${place}.${field}`, expected })
  const { timeframe, timeframes, rsi_range } = criteria
  if (timeframe !== undefined && UNPRINTABLE.test(timeframe)) fault('timeframe', TEXT)
  if (timeframe?.trim() === '') fault('timeframe', 'a value that is not empty')
  if (timeframes?.some(word => UNPRINTABLE.test(word))) fault('timeframes', TEXT)
  if (timeframes?.some(word => word.trim() === '')) fault('timeframes', 'values that are not empty')
  for (const name of LISTS) {
    const values = valuesOf(criteria[name] ?? [])
    if (values.length > SCAN_LIST_LIMIT) fault(name, `at most ${SCAN_LIST_LIMIT} values`)
    if (criteria[name]?.some(text => UNPRINTABLE.test(text))) fault(name, TEXT)
    if (values.includes('')) fault(name, 'values that are not empty')
  }
  if (rsi_range === undefined) return faults
  const { min, max } = rsiBounds(rsi_range)
  if (!(min <= max && max <= 100)) fault('rsi_range', 'min,max with 0 <= min <= max <= 100')
  return faults
}

/**
 * What criteria mean. Where some go before others, as a query before its saved filter, merge them field by field first: a bound that constrains
 * nothing still takes the place of one that does.
 *
 * What constrains nothing is left out: an empty list, `all`, a least value of 0, an RSI from 0 to 100.
 */
export function canonicalCriteria(criteria: Criteria): CanonicalCriteria {
  const { symbols, sectors, pattern_types, timeframes, confidence_min, rs_min, vol_min, rsi_range } = criteria
  return {
    ...defined({
      symbols: symbols && namesOf(valuesOf(symbols), upper),
      sectors: sectors && wordsOf(valuesOf(sectors)),
      pattern_types: pattern_types && namesOf(valuesOf(pattern_types), lower),
      timeframes: timeframes && wordsOf(timeframes.map(word => word.trim()))
    }),
    ranges: defined({
      confidence: from(confidence_min),
      rs: from(rs_min),
      volume: from(vol_min),
      rsi: rsi_range === undefined ? undefined : rsiRange(rsi_range)
    })
  }
}

/** Whether the names of a pattern pass. Sectors are for the caller, who knows the sector of a symbol. */
export function matchesIdentity(
  { symbols, pattern_types, timeframes }: Pick<CanonicalCriteria, 'symbols' | 'pattern_types' | 'timeframes'>,
  { symbol, pattern, channel, timeframe }: Pick<PatternIdentity, 'symbol' | 'pattern' | 'channel' | 'timeframe'>
): boolean {
  return (
    (symbols === undefined || isAmong(symbol, symbols)) &&
    (pattern_types === undefined || isAmong(lower(pattern), pattern_types)) &&
    (timeframes === undefined ||
      isAmong(channel, timeframes) ||
      (!isChannel(timeframe) && isAmong(timeframe, timeframes)))
  )
}

/** Whether the numbers of a pattern pass. A number that is not known is within no range. */
export function matchesNumbers({ ranges }: Pick<CanonicalCriteria, 'ranges'>, values: ThresholdValues): boolean {
  return (
    isWithin(ranges.confidence, values.confidence) &&
    isWithin(ranges.rs, values.relative_strength) &&
    isWithin(ranges.volume, values.relative_volume) &&
    isWithin(ranges.rsi, values.rsi)
  )
}

const upper = (name: string): string => name.toUpperCase()
const lower = (name: string): string => name.toLowerCase()

const namesOf = (values: readonly string[], inCase: (name: string) => string): readonly string[] | undefined => {
  const [only, second] = values
  if (only === undefined) return undefined
  return second === undefined ? [inCase(only)] : [...new Set(values.map(inCase))].sort()
}

function wordsOf(values: readonly string[]): readonly string[] | undefined {
  const names = namesOf(values, lower)
  return names?.includes(ALL) ? undefined : names
}

const from = (min: number | undefined): NumberRange | undefined =>
  min !== undefined && min > 0 ? { min, max: Number.POSITIVE_INFINITY } : undefined

function rsiRange(text: string): NumberRange | undefined {
  const { min, max } = rsiBounds(text)
  return min <= 0 && max >= 100 ? undefined : { min, max }
}

const isWithin = (range: NumberRange | undefined, value = Number.NaN): boolean =>
  range === undefined || (value >= range.min && value <= range.max)

/** By halves, for the names are sorted: a watchlist of 1,000 symbols takes ten steps and no set of its own. */
function isAmong(name: string, sorted: readonly string[]): boolean {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = sorted[middle] ?? ''
    if (other === name) return true
    if (other < name) low = middle + 1
    else high = middle
  }
  return false
}

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

/** Without the fields that are undefined: equal criteria are equal whichever fields were named. */
function defined<Fields extends object>(fields: Fields): Defined<Fields>
function defined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
