import t from 'tap'
import { Flights } from '../../src/domain/flights.ts'

/** Work that ends when it is told to, and how often it was begun. */
function controlled() {
  const begun: PromiseWithResolvers<string>[] = []
  const work = () => {
    const one = Promise.withResolvers<string>()
    begun.push(one)
    return one.promise
  }
  return { begun, work }
}

const settle = () => new Promise(resolve => setImmediate(resolve))

t.test('who comes while work is under way shares the next one, never that', async t => {
  let joined = 0
  const flights = new Flights<string>(() => {
    joined += 1
  })
  const { begun, work } = controlled()

  const first = flights.share('alice', work)
  const others = [1, 2, 3].map(() => flights.share('alice', work))
  t.equal(begun.length, 1)
  begun[0]?.resolve('before')
  t.equal(await first, 'before')
  await settle()
  t.equal(begun.length, 2)
  const late = flights.share('alice', work)
  begun[1]?.resolve('after')

  t.strictSame(await Promise.all(others), ['after', 'after', 'after'])
  await settle()
  begun[2]?.resolve('later')
  t.equal(await late, 'later')
  t.equal(joined, 2)
})

t.test('what fails, fails for those who shared it, and the next is begun anew', async t => {
  const flights = new Flights<string>(() => undefined)
  const { begun, work } = controlled()

  const first = flights.share('alice', work)
  const second = flights.share('alice', work)
  begun[0]?.reject(new Error('away'))
  await t.rejects(first, { message: 'away' })
  await settle()
  begun[1]?.reject(new Error('still away'))
  await t.rejects(second, { message: 'still away' })
  await settle()
  const third = flights.share('alice', work)
  t.equal(begun.length, 3)
  begun[2]?.resolve('back')
  t.equal(await third, 'back')
})

t.test('names do not wait for each other', async t => {
  const flights = new Flights<string>(() => undefined)
  const { begun, work } = controlled()
  flights.share('alice', work)
  const bob = flights.share('bob', work)
  t.equal(begun.length, 2)
  begun[1]?.resolve('his')
  t.equal(await bob, 'his')
})
