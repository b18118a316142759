import { scanPatterns } from '@tickstock/contracts'
import { createServer } from '@tickstock/service-kit'
import fc from 'fast-check'
import t from 'tap'
import { plainScan } from '../../src/domain/plain-scan.ts'
import { type PatternQuery, parseScan } from '../../src/domain/query.ts'
import { silent } from '../events.ts'

const value = fc.oneof(
  fc.constantFrom(
    'Doji',
    'bull_flag,DOJI',
    'a,,b',
    ',',
    'AAPL,brk.b,aapl',
    'All',
    'Daily',
    '5min',
    'x'.repeat(33),
    'symbol'
  ),
  fc.constantFrom(
    '0',
    '1',
    '1.5',
    '00.50',
    '-1',
    '.5',
    '5.',
    '1e3',
    '0x1',
    '999999.999999999',
    '30,70',
    '70,30',
    '0,100.1',
    '30,70,80'
  ),
  fc.constantFrom(
    'asc',
    'desc',
    'rs',
    'detected_at',
    'rsi',
    'full',
    '0',
    '7',
    '100',
    '101',
    '99999',
    '1000001',
    '',
    '%41',
    'a+b',
    'a b',
    'é'
  ),
  fc.double({ min: 0, max: 3 }).map(String),
  fc.string({ maxLength: 6 })
)
const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...Object.keys(scanPatterns.schema.querystring.properties)) },
  { weight: 1, arbitrary: fc.constantFrom('', 'Symbols', '__proto__', 'limit') }
)
const text = fc
  .array(fc.tuple(name, value), { maxLength: 5 })
  .map(fields => fields.map(([name, value]) => `${name}=${value}`).join('&'))

t.test('what plain text says is what the schema and parseScan understand', async t => {
  const server = createServer({ logger: silent })
  t.teardown(() => server.close())
  let understood: PatternQuery | undefined
  server.route({
    ...scanPatterns,
    handler: async ({ query }, reply) => {
      understood = parseScan(query)
      return reply.code(304).send(null)
    }
  })

  await fc.assert(
    fc.asyncProperty(text, async text => {
      const plain = plainScan(text)
      if (!plain) return
      understood = undefined
      await server.inject(`${scanPatterns.url}?${text}`)
      t.strictSame(plain, understood, text)
    }),
    { numRuns: 5_000 }
  )
})

t.test('what programs ask for is plain', async t => {
  const from = (min: number) => ({ min, max: Number.POSITIVE_INFINITY })
  t.strictSame(
    plainScan(
      'per_page=7&page=2&pattern_types=Doji,Bull_Flag&symbols=aapl&timeframe=Daily&confidence_min=0.5&rs_min=1&vol_min=2.25&rsi_range=30,70&sort_by=rs&sort_order=asc'
    ),
    {
      pattern_types: ['bull_flag', 'doji'],
      symbols: ['AAPL'],
      timeframes: ['daily'],
      ranges: { confidence: from(0.5), rs: from(1), volume: from(2.25), rsi: { min: 30, max: 70 } },
      sortBy: 'rs',
      descending: false,
      view: 'full',
      page: 2,
      perPage: 7
    }
  )
})

t.test('what is not, is left to others', async t => {
  const texts = [
    '',
    'symbols',
    'symbols=',
    'symbols=A&',
    'symbols=A&symbols=B',
    'symbols=A%2CB',
    'symbols=A+B',
    'symbols=A,',
    'symbols=A=B',
    'sectors=Energy',
    'timeframe=5min&timeframe=1h',
    `timeframe=${'x'.repeat(33)}`,
    `symbols=${'A'.repeat(8_193)}`,
    `symbols=${Array(1_001).fill('A').join(',')}`,
    'rs_min=1e3',
    'rs_min=-1',
    'confidence_min=1.1',
    'rsi_range=70,30',
    'rsi_range=0,101',
    'page=0',
    'page=1.5',
    'per_page=101',
    'sort_by=rsi',
    'sort_order=up',
    'cursor=abc',
    'watchlist=abc',
    'view=display',
    'limit=3',
    '=A'
  ]
  for (const text of texts) t.equal(plainScan(text), undefined, text)
})
