import t from 'tap'
import { detection } from '../src/market/track.ts'
import { Progress } from '../src/progress.ts'
import type { Published } from '../src/replay.ts'

const occurrence = detection({
  symbol: 'AAPL',
  synthetic: true,
  pattern: 'Doji',
  channel: 'daily',
  timeframe: 'daily',
  hit: { direction: 'neutral', confidence: 0.6, levels: {}, description: 'a doji' },
  barTime: Date.UTC(2018, 3, 24),
  quote: { price: 1, change: 0, indicators: {} },
  atr: 1,
  validFor: 1
})
const published = (reached: number | undefined, loop = 0): Published => ({
  channel: 'daily',
  step: { occurrence, day: 3, days: 504 },
  loop,
  reached
})

function shown(isTTY: boolean) {
  const written: string[] = []
  const clock = { now: 0 }
  const progress = new Progress({ isTTY, write: text => written.push(text) }, () => clock.now)
  return { written, clock, progress }
}

t.test('a log gets a line every five seconds', async t => {
  const { written, clock, progress } = shown(false)

  progress.add([published(2)])
  clock.now = 5000
  progress.add([published(2), published(2, 1)])

  t.same(written, [
    '3 events (daily 3, intraday 0, combo 0) · 1/s · 2 listening · bars of 2018-04-24, day 3 of 504, loop 2\n'
  ])
})

t.test('a terminal sees one line that is rewritten', async t => {
  const { written, clock, progress } = shown(true)

  clock.now = 250
  progress.add([published(undefined)])
  progress.say('hello')
  progress.end()

  t.ok(written[0]?.startsWith('\r\x1b[K1 events'))
  t.match(written[0], / to the inbox · /)
  t.equal(written[1], '\r\x1b[Khello\n')
  t.equal(written.at(-1), '\n')
})

t.test('it says that nobody listens, and what was lost by it', async t => {
  const { written, progress } = shown(false)

  progress.end()
  progress.add([published(0), published(0)])
  progress.end()
  progress.add([published(1)])
  progress.end()

  t.match(written[0], /^0 events/)
  t.match(written[1], /nobody listens, 2 events lost: pub\/sub keeps nothing/)
  t.match(written[2], /1 listening, 2 events lost/)
})
