import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { SendQueue } from '../../src/feeds/send-queue.ts'
import { silent } from '../events.ts'

/** As ioredis says it. */
const lost = () => new Error('Connection is closed.')
const wrong = () => Object.assign(new Error('WRONGTYPE no stream'), { name: 'ReplyError' })

/** @param send one of the items of a call; the call fails with the first that does */
function queueOf(send: (item: number) => Promise<string>, { limit = 1000, atOnce = 1 } = {}) {
  const sent: number[] = []
  const refused: number[] = []
  // As Redis does: one call after the other.
  let before: Promise<unknown> = Promise.resolve()
  const queue = new SendQueue<number, string>({
    name: 'test',
    logger: silent,
    limit,
    atOnce,
    send: items => {
      const answer = before.then(async () => {
        const results: string[] = []
        for (const item of items) results.push(await send(item))
        return results
      })
      before = answer.catch(() => undefined)
      return answer
    },
    sent: outcomes => sent.push(...outcomes.map(({ item }) => item)),
    refused: async item => {
      refused.push(item)
    }
  })
  return { queue, sent, refused }
}

t.test('whatever prefix of a pipeline a lost connection lets through, all arrive, in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(40), { maxLength: 4 }),
      fc.integer({ min: 1, max: 600 }),
      fc.integer({ min: 1, max: 50 }),
      async (cuts, count, atOnce) => {
        const arrived: number[] = []
        let left = cuts.shift() ?? Number.POSITIVE_INFINITY
        let broken = false
        const { queue, sent } = queueOf(
          async item => {
            if (left-- <= 0) broken = true
            // A cut lasts until the pipeline is answered: nothing gets past what failed.
            if (broken) {
              setImmediate(() => {
                broken = false
                left = cuts.shift() ?? Number.POSITIVE_INFINITY
              })
              throw lost()
            }
            if (!arrived.includes(item)) arrived.push(item)
            return 'done'
          },
          { atOnce }
        )
        const items = Array.from({ length: count }, (_, index) => index)
        await queue.push(...items)
        assert.deepEqual(arrived, items)
        assert.deepEqual(sent, items)
      }
    ),
    { numRuns: 20 }
  )
})

t.test('an item that arrived is not sent again for the sake of one that failed', async t => {
  const calls: number[] = []
  let failing = true
  const { queue, sent } = queueOf(async item => {
    calls.push(item)
    if (item === 1 && failing) {
      failing = false
      throw lost()
    }
    return 'done'
  })
  await Promise.all([0, 1, 2].map(item => queue.push(item)))
  t.same(calls, [0, 1, 2, 1])
  t.same(sent, [0, 1, 2])
})

t.test('what is refused for good goes somewhere else, and the rest goes on', async t => {
  const { queue, sent, refused } = queueOf(async item => {
    if (item === 1) throw wrong()
    return 'done'
  })
  await Promise.all([0, 1, 2].map(item => queue.push(item)))
  t.same(refused, [1])
  t.same(sent, [0, 2])
})

t.test('of a call that is refused for good, each item is tried alone', async t => {
  const { queue, sent, refused } = queueOf(
    async item => {
      if (item === 3 || item === 4) throw wrong()
      return 'done'
    },
    { atOnce: 4 }
  )
  await queue.push(0, 1, 2, 3, 4, 5)
  t.same(refused, [3, 4])
  t.same(sent, [0, 1, 2, 5])
  await queue.push()
})

t.test('what finds no room is told to the one who offers it', async t => {
  const { queue, sent } = queueOf(async () => 'done', { limit: 2 })
  t.same(
    [0, 1, 2].map(item => queue.offer(item)),
    [true, true, false]
  )
  t.equal(queue.length, 2)
  await queue.drained()
  t.same(sent, [0, 1])
  await queue.drained()
})

t.test('stopped while Redis is away, it says how much it gives up', async t => {
  const failed = Promise.withResolvers<void>()
  const { queue } = queueOf(async () => {
    failed.resolve()
    throw lost()
  })
  queue.offer(0)
  queue.offer(1)
  await failed.promise
  t.equal(queue.stop(), 2)
  await queue.drained()
})
