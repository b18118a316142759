import t from 'tap'
import { LogWait } from '../../src/domain/log-wait.ts'
import { Pulse } from '../../src/domain/pulse.ts'

function setting() {
  const pulse = new Pulse()
  const failures: unknown[] = []
  const waits: (() => void)[] = []
  const pause = () => new Promise<void>(resolve => waits.push(resolve))
  const wait = new LogWait({ pulse, now: () => 500, pause, failed: error => failures.push(error) })
  return { pulse, failures, waits, wait }
}

t.test('a log that is being read is not waited for', async t => {
  const { pulse, wait, waits } = setting()
  pulse.beat('daily', 0)
  await wait.untilRead('daily')
  t.equal(waits.length, 0)
})

t.test('the next read ends the wait, of that channel alone', async t => {
  const { pulse, wait, waits } = setting()
  const daily = wait.untilRead('daily')
  const combo = wait.untilRead('combo')
  pulse.beat('daily', 500)
  await daily
  for (const end of waits) end()
  await t.rejects(combo, { code: 'log_unavailable' })
})

t.test('a question is asked again with each read until it is answered', async t => {
  const { pulse, wait, failures } = setting()
  let asked = 0
  const answer = wait.ask('daily', async () => {
    if (++asked < 3) throw new Error('away')
    return 'here'
  })
  for (let beat = 0; beat < 2; beat++) {
    await new Promise(setImmediate)
    pulse.beat('daily', 0)
  }
  t.equal(await answer, 'here')
  t.equal(failures.length, 2)
})

t.test('a question that is not answered in time is refused for now', async t => {
  const { wait, waits, failures } = setting()
  const answer = wait.ask('daily', () => Promise.reject(new Error('away')))
  await new Promise(setImmediate)
  for (const end of waits) end()
  await t.rejects(answer, { code: 'log_unavailable' })
  t.match(failures, [{ message: 'away' }])
})
