import t from 'tap'
import { Outage } from '../src/index.ts'
import { recordedLogger } from './fixtures/recorded-logger.ts'

const away = () => new Error('Connection is closed.', { cause: new Error('connect ECONNREFUSED') })

t.test('an outage has a line at its beginning, one now and then, and one at its end', async t => {
  const { records, logger } = recordedLogger()
  const clock = t.capture(Date, 'now', () => now)
  let now = 1_000_000
  const outage = new Outage(logger, 'reading', { channel: 'daily' })

  outage.over()
  for (let attempt = 0; attempt < 61; attempt++, now += 1_000) outage.failed(away())
  outage.over()
  outage.over()
  clock.restore()

  const reason = 'Connection is closed.: connect ECONNREFUSED'
  t.same(records, [
    { level: 'warn', message: 'reading fails', about: { channel: 'daily', reason, failures: 1, ms: 0 } },
    { level: 'warn', message: 'reading fails', about: { channel: 'daily', reason, failures: 31, ms: 30_000 } },
    { level: 'warn', message: 'reading fails', about: { channel: 'daily', reason, failures: 61, ms: 60_000 } },
    { level: 'info', message: 'reading works again', about: { channel: 'daily', failures: 61, ms: 61_000 } }
  ])
})

t.test('an error that no outage explains is told with its stack, once, even in an outage', async t => {
  const { records, logger } = recordedLogger()
  const outage = new Outage(logger, 'reading')
  const surprise = new TypeError('not a function')

  outage.failed(away())
  outage.failed(surprise)
  outage.failed(away())
  outage.failed(surprise)

  t.match(records, [{ about: { reason: String } }, { about: { err: surprise } }])
  t.equal(records.length, 2)
})

t.test('what is thrown may be anything', async t => {
  const { records, logger } = recordedLogger()
  new Outage(logger, 'reading').failed('lost')
  t.match(records, [{ about: { err: 'lost' } }])
})
