import t from 'tap'
import { until } from '../src/index.ts'

t.test('it gives the first truthy value, through errors and falsy ones', async t => {
  const outcomes = [() => false, () => undefined, () => Promise.reject(new Error('not yet')), () => 'there']

  const value = await until(() => outcomes.shift()?.())

  t.equal(value, 'there')
  t.equal(outcomes.length, 0)
})

t.test('after the deadline it tells what was waited for and how far it came', async t => {
  const never = { within: 20, what: 'the third event' }

  await t.rejects(
    until(() => 0, never),
    /waited 20 ms for the third event: last value 0/
  )
  await t.rejects(
    until(() => Promise.reject(new Error('refused')), never),
    /waited 20 ms for the third event: last error Error: refused/
  )
})
