import { styleText } from 'node:util'
import type { Pattern, PatternEvent } from '@tickstock/contracts'
import type { EventPlace, Place } from '../live-handlers.ts'

/** Paints text in a terminal, and leaves it as it is elsewhere. */
export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

/** Colours only where the stream is a terminal that wants them: `NO_COLOR` and pipes get plain text. */
export const paintFor =
  (stream: NodeJS.WriteStream): Paint =>
  (format, text) =>
    styleText(format, text, { stream })

const UNKNOWN = '–'
const KINDS = {
  pattern_detected: ['new', 'greenBright'],
  pattern_updated: ['updated', 'yellow'],
  pattern_expired: ['expired', 'gray'],
  entered: ['entered', 'greenBright'],
  left: ['left', 'gray'],
  late: ['late', 'gray'],
  live: ['live', 'cyan']
} as const

const COLUMNS = {
  time: 12,
  symbol: 8,
  pattern: 22,
  channel: 15,
  confidence: 11,
  price: 10,
  change: 8,
  rs: 6,
  volume: 7,
  rsi: 4,
  kind: 8,
  data: 10,
  offset: 8
} as const

type Column = keyof typeof COLUMNS
const NUMBERS: readonly Column[] = ['price', 'change', 'rs', 'volume', 'rsi', 'offset']

const cell = (column: Column, text: string): string => {
  const width = COLUMNS[column]
  const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text
  return NUMBERS.includes(column) ? cut.padStart(width) : cut.padEnd(width)
}

const titles: Record<Column, string> = {
  time: 'time',
  symbol: 'symbol',
  pattern: 'pattern',
  channel: 'channel/bars',
  confidence: 'confidence',
  price: 'price',
  change: 'change',
  rs: 'RS',
  volume: 'volume',
  rsi: 'RSI',
  kind: 'kind',
  data: 'data',
  offset: 'offset'
}

const isColumn = (name: string): name is Column => name in COLUMNS
const columns = Object.keys(COLUMNS).filter(isColumn)

export const header = (paint: Paint): string =>
  paint(
    'bold',
    columns
      .map(column => cell(column, titles[column]))
      .join(' ')
      .trimEnd()
  )

/** An update that takes a pattern into the filter, or out of it, is shown as that. */
export const kindOf = ({ kind }: PatternEvent, change: EventPlace['change']): Row['kind'] =>
  change === 'late' || (change && kind === 'pattern_updated') ? change : kind

/** What is said of a pattern on one line. */
export interface Row {
  readonly kind: keyof typeof KINDS
  readonly at: number
  readonly pattern: PatternEvent['pattern']
  /** Missing for a row of a scan. */
  readonly place?: Place
}

export function rowLine({ kind, at, pattern, place }: Row, paint: Paint): string {
  const [word, colour] = KINDS[kind]
  const full: Pattern | undefined = 'confidence' in pattern ? pattern : undefined
  const { relative_strength: rs, relative_volume: volume, rsi } = full?.indicators ?? {}
  const change = full?.change
  const cells: Record<Column, string> = {
    time: cell('time', new Date(at).toISOString().slice(11, 23)),
    symbol: paint('bold', cell('symbol', pattern.symbol)),
    pattern: paint(colour, cell('pattern', pattern.pattern)),
    channel: cell('channel', `${pattern.channel}/${pattern.timeframe}`),
    confidence: confidence(full?.confidence, paint),
    price: cell('price', full?.price?.toFixed(2) ?? UNKNOWN),
    change: paint(colourOf(change), cell('change', change == null ? UNKNOWN : signed(change))),
    rs: cell('rs', rs === undefined ? UNKNOWN : `${rs.toFixed(1)}x`),
    volume: cell('volume', volume === undefined ? UNKNOWN : `${volume.toFixed(1)}x`),
    rsi: cell('rsi', rsi?.toFixed(0) ?? UNKNOWN),
    kind: paint(colour, cell('kind', word)),
    data: paint('magenta', cell('data', full?.synthetic ? 'synthetic' : '')),
    offset: paint('dim', cell('offset', place === undefined ? UNKNOWN : String(place.position.offset)))
  }
  return columns.map(column => cells[column]).join(' ')
}

const signed = (percent: number) => `${percent < 0 ? '' : '+'}${percent.toFixed(1)}%`

const colourOf = (change: number | null | undefined) => (change == null ? 'gray' : change < 0 ? 'red' : 'green')

const STEPS = 5

function confidence(value: number | undefined, paint: Paint): string {
  if (value === undefined) return paint('gray', cell('confidence', UNKNOWN))
  const filled = Math.round(value * STEPS)
  const bar = paint('cyan', '█'.repeat(filled)) + paint('dim', '░'.repeat(STEPS - filled))
  return `${bar} ${`${Math.round(value * 100)}%`.padStart(COLUMNS.confidence - STEPS - 1)}`
}
