import t from 'tap'
import { LazyLogger } from '../src/lazy-logger.ts'
import { readableLogger } from './fixtures/log-lines.ts'

t.test('a child is made when it first says something, and says what it is bound to', async t => {
  const log = readableLogger()
  let made = 0
  const root = new LazyLogger(() => {
    made++
    return log.logger
  })

  const child = root.child({ request_id: 'one' }).child({ part: 'two' }, { level: 'trace' })
  t.equal(made, 0)
  const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
  for (const level of levels) child[level]({ err: new Error('broken') }, level)
  child.silent('nothing')

  t.equal(made, 1)
  t.equal(child.level, 'trace')
  t.match(
    log.entries(),
    levels.map(level => ({ level, msg: level, request_id: 'one', part: 'two', err: { message: 'broken' } }))
  )
})

t.test('it has the serializers of its logger, so that errors are told in its way', async t => {
  const { logger } = readableLogger()
  t.match(new LazyLogger(() => logger).serializers, { err: Function })
})
