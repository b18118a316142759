import { Lifetime } from '@tickstock/service-kit'
import t from 'tap'
import { readableLogger } from './fixtures/log-lines.ts'

t.test('parts close in reverse, one after the other', async t => {
  const lifetime = new Lifetime({ logger: readableLogger().logger })
  const closed: string[] = []
  lifetime.own('pool', () => closed.push('pool'))
  lifetime.own('feed', async () => {
    await new Promise(resolve => setImmediate(resolve))
    closed.push('feed')
  })

  await Promise.all([lifetime.close(), lifetime.close()])

  t.strictSame(closed, ['feed', 'pool'])
})

t.test('a part that fails or hangs is logged and does not keep the others open', async t => {
  const { logger, entries } = readableLogger()
  const lifetime = new Lifetime({ logger, each: 20 })
  let closed = false
  lifetime.own('pool', () => {
    closed = true
  })
  lifetime.own('broken', () => {
    throw new Error('cannot')
  })
  lifetime.own('mute', () => new Promise(() => {}))

  await lifetime.close()

  t.ok(closed)
  t.match(entries(), [
    { part: 'mute', err: { message: 'not closed within 20 ms' } },
    { part: 'broken', err: { message: 'cannot' } }
  ])
})

t.test('what is opened while all closes is closed at once', async t => {
  const lifetime = new Lifetime({ logger: readableLogger().logger })
  const { promise, resolve } = Promise.withResolvers<void>()
  const closing = lifetime.close()

  lifetime.own('late', () => resolve())

  await t.resolves(Promise.all([closing, promise]))
})
