import type { Bar } from '../bars/bar.ts'
import { DETECTORS } from '../detectors/catalogue.ts'
import { type MarketCloses, marketCloses } from '../indicators/relative-strength.ts'
import { type Study, studyOf, valueAt } from '../indicators/study.ts'
import type { Universe } from '../universe/universe.ts'
import { Book } from './book.ts'
import { comboOf } from './combo.ts'
import type { FoundPattern, Occurrence } from './found-pattern.ts'
import { quoteAt } from './quote.ts'
import { detection, type Track } from './track.ts'

const INTRADAY = DETECTORS.filter(({ scope }) => scope === 'any')

const INTRADAY_TIMEFRAME = '5min'

interface Watched {
  readonly track: Track
  readonly study: Study
  /** Where today's bars begin; those before are yesterday's and warm the indicators up. */
  readonly from: number
  readonly lastClose: number
  readonly book: Book
}

/**
 * One session of five-minute bars of the watched symbols, in the order of time: intraday patterns, and the combos
 * they make with daily ones.
 * `time` is the session's date; a symbol without a bar for it or the day before is passed over.
 */
export function* session(universe: Universe, watched: readonly Track[], time: number): Generator<Occurrence> {
  const open = watched.map(track => opened(universe, track, time)).filter(one => one !== undefined)
  const market = marketSession(universe, time)
  const bars = Math.max(0, ...open.map(({ study, from }) => study.bars.length - from))
  for (let step = 0; step < bars; step++) {
    for (const one of open) yield* fiveMinutes(one, one.from + step, market)
  }
}

function opened(universe: Universe, track: Track, time: number): Watched | undefined {
  const yesterday = track.study.bars[track.at]
  const today = track.study.bars[track.at + 1]
  if (!yesterday || today?.time !== time) return undefined
  const bars = twoSessions(universe, track.series.symbol, yesterday, today)
  return {
    track,
    study: studyOf(bars),
    from: bars.findIndex(bar => bar.time >= time),
    lastClose: yesterday.close,
    book: new Book()
  }
}

const twoSessions = (universe: Universe, symbol: string, yesterday: Bar, today: Bar): Bar[] => [
  ...universe.session(symbol, yesterday),
  ...universe.session(symbol, today)
]

function marketSession({ index, session }: Universe, time: number): MarketCloses {
  const bars = index.bars()
  const at = bars.findIndex(bar => bar.time === time)
  const [yesterday, today] = [bars[at - 1], bars[at]]
  return marketCloses(yesterday && today ? [...session(index.symbol, yesterday), ...session(index.symbol, today)] : [])
}

function* fiveMinutes(
  { track, study, lastClose, book }: Watched,
  at: number,
  market: MarketCloses
): Generator<Occurrence> {
  const bar = study.bars[at]
  if (!bar) return
  const quote = quoteAt(study, at, market, lastClose)
  yield* book.review(bar, quote)
  for (const detector of INTRADAY) {
    const hit = detector.detect(study, at)
    if (!hit) continue
    const found: FoundPattern = {
      symbol: track.series.symbol,
      synthetic: true,
      pattern: detector.name,
      channel: 'intraday',
      timeframe: INTRADAY_TIMEFRAME,
      hit,
      barTime: bar.time,
      quote,
      atr: valueAt(study.atr, at),
      validFor: detector.validFor
    }
    book.add(found)
    yield detection(found)
    const combo = comboOf(track.daily.patterns, found)
    if (!combo || track.combo.patterns.some(({ pattern }) => pattern === combo.pattern)) continue
    track.combo.add(combo)
    yield detection(combo)
  }
}
