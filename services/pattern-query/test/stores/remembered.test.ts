import { ProblemError } from '@tickstock/contracts'
import t from 'tap'
import { type ReadOutcome, Remembered } from '../../src/stores/remembered.ts'

const away = () => new ProblemError('universe_unavailable', 'away')
const missing = () => new ProblemError('watchlist_not_found', 'none')

/** Reads one key through a memory with a clock of its own, from answers given one after the other. */
function given({ entries = 100, size = 1_000 } = {}) {
  let now = 0
  const told: ReadOutcome[] = []
  const remembered = new Remembered<string>({
    freshMs: 30_000,
    absentMs: 2_000,
    staleMs: 300_000,
    retryMs: 1_000,
    entries,
    size,
    sizeOf: value => value.length,
    tell: how => told.push(how),
    now: () => now
  })
  const read = (answer: string | Error, key = 'ann 1') =>
    remembered.read(key, async () => {
      if (answer instanceof Error) throw answer
      return answer
    })
  return {
    remembered,
    told,
    read,
    pass: (ms: number) => {
      now += ms
    }
  }
}

t.test('what was read is remembered for half a minute, then read again', async t => {
  const { read, pass, told } = given()

  t.equal(await read('first'), 'first')
  pass(29_999)
  t.equal(await read('second'), 'first')
  pass(1)
  t.equal(await read('second'), 'second')
  t.same(told, ['read', 'remembered', 'read'])
})

t.test('equal questions in flight are one', async t => {
  const { remembered } = given()
  const { promise, resolve } = Promise.withResolvers<string>()
  let loads = 0
  const read = (key: string) =>
    remembered.read(key, () => {
      loads++
      return promise
    })

  const reads = [read('ann 1'), read('ann 1'), read('bob 1')]
  resolve('x')

  t.same(await Promise.all(reads), ['x', 'x', 'x'])
  t.equal(loads, 2)
})

t.test('that there is none is remembered, for a short time', async t => {
  const { read, pass, told } = given()

  await t.rejects(read(missing()), { code: 'watchlist_not_found' })
  pass(1_999)
  await t.rejects(read('created'), { code: 'watchlist_not_found' })
  pass(1)
  t.equal(await read('created'), 'created')
  t.same(told, ['absent', 'remembered', 'read'])
})

t.test('what cannot be read is answered by what was, for five minutes, and asked for once a second', async t => {
  const { read, pass, told } = given()
  await read('known')

  pass(30_000)
  t.equal(await read(away()), 'known')
  pass(999)
  t.equal(await read('not asked for'), 'known')
  pass(1)
  t.equal(await read(away()), 'known')
  pass(269_000)
  t.equal(await read(away()), 'known')
  pass(1_001)
  await t.rejects(read(away()), { code: 'universe_unavailable' })
  t.equal(await read('back'), 'back')
  t.same(told, ['read', 'stale', 'stale', 'stale', 'stale', 'failed', 'read'])
})

t.test('a refusal is not answered by what was: it may be gone, or no longer his to read', async t => {
  const { read, pass } = given()
  await read('known')
  pass(30_000)

  await t.rejects(read(new ProblemError('unauthenticated', 'expired')), { code: 'unauthenticated' })
  await t.rejects(read(missing()), { code: 'watchlist_not_found' })
  pass(2_000)
  await t.rejects(read(away()), { code: 'universe_unavailable' }, 'that it was there is forgotten')
})

t.test('whoever waits with another is not refused for the sake of him', async t => {
  const { remembered } = given()
  const { promise, reject } = Promise.withResolvers<string>()

  const first = remembered.read('ann 1', () => promise)
  const second = remembered.read('ann 1', async () => 'read by his own token')
  reject(new ProblemError('unauthenticated', 'expired'))

  await t.rejects(first, { code: 'unauthenticated' })
  t.equal(await second, 'read by his own token')
})

t.test('whoever waits with another shares his failure', async t => {
  const { remembered } = given()
  const { promise, reject } = Promise.withResolvers<string>()
  const reads = [1, 2].map(() => remembered.read('ann 1', () => promise))
  reject(away())
  for (const read of reads) await t.rejects(read, { code: 'universe_unavailable' })
})

t.test('what is forgotten is read again, and a reading under way is not remembered', async t => {
  const { remembered, read } = given()
  await read('before', 'ann 1')
  await read('other', 'ann 2')
  remembered.forget('ann 1')
  t.equal(await read('after', 'ann 1'), 'after')
  t.equal(await read('not asked for', 'ann 2'), 'other')

  for (const forget of [() => remembered.forget('ann 3'), () => remembered.clear()]) {
    const { promise, resolve } = Promise.withResolvers<string>()
    const old = remembered.read('ann 3', () => promise)
    forget()
    const newer = read('newer', 'ann 3')
    resolve('old')
    t.equal(await old, 'old')
    t.equal(await newer, 'newer')
    t.equal(await read('not asked for', 'ann 3'), 'newer')
    remembered.forget('ann 3')
  }
  t.equal(await read('read again', 'ann 2'), 'read again')

  const { promise, reject } = Promise.withResolvers<string>()
  const gone = remembered.read('ann 4', () => promise)
  remembered.forget('ann 4')
  reject(missing())
  await t.rejects(gone, { code: 'watchlist_not_found' })
  t.equal(await read('created', 'ann 4'), 'created')
})

t.test('it is bounded by number and by size: what was read longest ago goes', async t => {
  const few = given({ entries: 2 })
  for (const key of ['a', 'b', 'a', 'c']) await few.read('x', key)
  t.equal(few.remembered.size, 2)
  t.equal(await few.read('again', 'b'), 'again')

  const small = given({ size: 25 })
  for (const key of ['a', 'b', 'c']) await small.read('x'.repeat(9), key)
  t.equal(small.remembered.size, 2)
  t.equal(await small.read('y'.repeat(100), 'large'), 'y'.repeat(100))
  t.equal(small.remembered.size, 2, 'what does not fit is not kept')
})
