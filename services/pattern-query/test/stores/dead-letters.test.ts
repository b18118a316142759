import { DEAD_LETTER_KEY } from '@tickstock/contracts'
import { startRedis } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { DeadLetters, letterOf } from '../../src/stores/dead-letters.ts'

t.test('a dead letter has the reason and the bytes as they came, up to 64 KiB', async t => {
  const redis = new Redis((await startRedis(t)).url)
  t.teardown(() => redis.disconnect())
  const letters = new DeadLetters(redis)
  const bytes = Buffer.from([0xff, 0x00, 0x7b])
  const huge = Buffer.alloc(10 * 1024 * 1024, 'a')

  await letters.add(
    letterOf({
      reason: 'not_json',
      detail: 'why',
      origin: 'tickstock.events.patterns',
      channel: undefined,
      payload: bytes
    })
  )
  await letters.add(
    letterOf({ reason: 'too_large', detail: 'why', origin: 'inbox 1-0', channel: 'daily', payload: huge })
  )

  const kept = (await redis.xrangeBuffer(DEAD_LETTER_KEY, '-', '+')).map(([, fields]) => fields)
  const text = (field: string) => Buffer.from(field)
  t.same(
    kept[0],
    ['reason', 'not_json', 'detail', 'why', 'origin', 'tickstock.events.patterns', 'payload'].map(text).concat(bytes)
  )
  t.equal(kept[1]?.[7]?.length, 64 * 1024)
  t.same(kept[1]?.slice(8), ['channel', 'daily', 'truncated', `${huge.length}`].map(text))
})

t.test('a dead letter that waits holds no more than what will be kept of it', async t => {
  const { payload } = letterOf({
    reason: 'too_large',
    detail: '',
    origin: 'inbox 1-0',
    channel: 'daily',
    payload: Buffer.alloc(10 * 1024 * 1024)
  })

  t.equal(payload.length, 64 * 1024)
  t.ok(payload.buffer.byteLength <= 128 * 1024, 'a copy, not a view of all the bytes')
})

t.test('of too many the oldest go', async t => {
  const redis = new Redis((await startRedis(t)).url)
  t.teardown(() => redis.disconnect())
  const letters = new DeadLetters(redis)
  const letter = { reason: 'not_json', detail: '', origin: 'test', channel: undefined, payload: Buffer.from('x') }

  await Promise.all(Array.from({ length: 10_500 }, () => letters.add(letter)))

  const kept = await redis.xlen(DEAD_LETTER_KEY)
  t.ok(kept >= 10_000 && kept < 10_200, `${kept} kept`)
})
