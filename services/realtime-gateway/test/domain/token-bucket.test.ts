import t from 'tap'
import { TokenBucket } from '../../src/domain/token-bucket.ts'

t.test('a second’s worth may come at once, then as much as the rate allows', async t => {
  const bucket = new TokenBucket({ perSecond: 10 }, 0)
  t.ok(bucket.take(10, 0))
  t.notOk(bucket.take(1, 0))
  t.ok(bucket.take(1, 200))
  t.ok(bucket.take(10, 10_000), 'no more than a burst is saved up')
  t.notOk(bucket.take(1, 10_000))
})

t.test('a burst can be another than a second’s worth, and a clock that stands gives nothing', async t => {
  const bucket = new TokenBucket({ perSecond: 1 / 60, burst: 2 }, 1000)
  t.same(
    [bucket.take(1, 1000), bucket.take(1, 900), bucket.take(1, 1000), bucket.take(1, 122_000)],
    [true, true, false, true]
  )
})
