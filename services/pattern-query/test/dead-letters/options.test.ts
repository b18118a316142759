import t from 'tap'
import { UsageError } from '../../src/command-line/usage-error.ts'
import { deadLettersOptions } from '../../src/dead-letters/options.ts'

const NOW = Date.UTC(2026, 0, 31)
const env = { REDIS_URL: 'redis://there:1' }
const read = (...args: string[]) => deadLettersOptions(args, env, NOW)

t.test('without a word it lists the newest', t => {
  const expected = { command: 'list', redis: 'redis://there:1', limit: 20, before: undefined, json: false }
  t.match(read(), expected)
  t.match(read('list', '--limit', '5', '--before', '7-0', '--json', '--redis', 'rediss://here'), {
    limit: 5,
    before: '7-0',
    json: true,
    redis: 'rediss://here'
  })
  t.equal(read('--help'), 'help')
  t.end()
})

t.test('times are ago or ISO', t => {
  t.match(read('--since', '15m', '--reason', 'time'), { filter: { reason: 'time', since: NOW - 900_000 } })
  t.match(read('--since', '2026-01-30T12:00Z'), { filter: { since: NOW - 12 * 3_600_000 } })
  t.match(read('--since', '999999999d'), { filter: { since: 0 } })
  t.end()
})

t.test('one is shown as text, JSON or bytes', t => {
  t.match(read('show', '7-0'), { command: 'show', id: '7-0', as: 'text' })
  t.match(read('show', '7-0', '--json'), { as: 'json' })
  t.match(read('show', '7-0', '--raw'), { as: 'raw' })
  t.end()
})

t.test('a replay says which are meant', t => {
  t.match(read('replay', '7-0', '8-1', '--dry-run'), { command: 'replay', ids: ['7-0', '8-1'], dryRun: true })
  t.match(read('replay', '--reason', 'time'), { ids: [], filter: { reason: 'time' }, dryRun: false })
  t.match(read('replay', '--all'), { ids: [], filter: { reason: undefined, since: undefined } })
  t.end()
})

t.test('what is not understood is told', t => {
  const wrong = [
    ['frobnicate'],
    ['list', '7-0'],
    ['show'],
    ['show', '7-0', '8-0'],
    ['show', 'seven'],
    ['show', '7-0', '--json', '--raw'],
    ['replay'],
    ['replay', '7-0', '--all'],
    ['replay', '--all', '--reason', 'time'],
    ['--before', 'x'],
    ['--limit', '0'],
    ['--since', 'yesterday'],
    ['--since', '2026-99-99'],
    ['--nonsense']
  ]
  for (const args of wrong) t.throws(() => read(...args), UsageError, args.join(' '))
  t.end()
})
