import { CHANNELS, type ExportFormat } from '@tickstock/contracts'
import t from 'tap'
import { exported } from '../../../src/domain/export/exported.ts'
import { parseSelection } from '../../../src/domain/selection.ts'
import { PatternView } from '../../../src/domain/view/pattern-view.ts'
import { detected, entryOf, expired, patternOf } from '../../events.ts'

const COUNT = 1_050

const patterns = Array.from({ length: COUNT }, (_, n) =>
  patternOf({ symbol: `S${n}`, confidence: n / COUNT, pattern: n % 2 === 0 ? 'Doji' : 'Hammer' })
)

function viewWith() {
  const view = new PatternView({ maxLivePatterns: 10_000 })
  for (const channel of CHANNELS) view.reset(channel, [], { epoch: 'e', offset: 0 })
  view.apply(
    'daily',
    patterns.map((pattern, at) => entryOf(at + 1, detected(pattern), 'e'))
  )
  return view
}

const textOf = (query: Parameters<typeof parseSelection>[0], format: ExportFormat = 'ndjson') =>
  [...exported(viewWith(), parseSelection(query), format)].join('')

t.test('all that match, in order, a pattern a line', async t => {
  const rows = textOf({ sort_by: 'confidence', sort_order: 'desc' }).split('\n')
  t.equal(rows.pop(), '')
  t.same(
    rows.map(row => JSON.parse(row)),
    patterns.toReversed()
  )
})

t.test('a selection is exported as it is scanned', async t => {
  const lines = textOf({ pattern_types: ['hammer'], confidence_min: 0.5 }, 'csv').split('\r\n')
  t.match(lines[0], 'id,symbol,pattern')
  t.equal(lines.at(-1), '')
  t.equal(
    lines.length - 2,
    patterns.filter(({ pattern, confidence }) => pattern === 'Hammer' && confidence >= 0.5).length
  )
})

t.test('nothing that matches is an empty file: of CSV, its header', async t => {
  t.equal(textOf({ symbols: ['NONE'] }), '')
  t.equal(textOf({ symbols: ['NONE'] }, 'csv').split('\r\n').length, 2)
})

t.test('what happens meanwhile changes nothing, and pieces are small', async t => {
  const view = viewWith()
  const pieces: string[] = []
  for (const piece of exported(view, parseSelection({}), 'ndjson')) {
    const { offset } = view.positionOf('daily') ?? { offset: 0 }
    const gone = patterns[offset - COUNT]
    if (gone) view.apply('daily', [entryOf(offset + 1, expired({ ...gone, updated_at: 1 }), 'e')])
    pieces.push(piece)
  }
  t.ok(view.size < COUNT)
  t.equal(pieces.join('').split('\n').length - 1, COUNT)
  t.ok(pieces.length > 5)
})
