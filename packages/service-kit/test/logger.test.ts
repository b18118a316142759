import { spawnSync } from 'node:child_process'
import { ProblemError } from '@tickstock/contracts'
import t from 'tap'
import { readableLogger } from './fixtures/log-lines.ts'

t.test('a line is JSON that says level, time and service in words', async t => {
  const { logger, entries } = readableLogger()

  logger.info({ symbol: 'AAPL' }, 'hello')

  t.match(entries()[0], { level: 'info', time: /^\d{4}-.*Z$/, service: 'test', symbol: 'AAPL', msg: 'hello' })
})

t.test('an error is told with its code and causes, and nothing else that hangs on it', async t => {
  const { logger, entries, text } = readableLogger()
  const auth = Object.assign(new Error('WRONGPASS'), { code: 'EAUTH', command: { name: 'auth', args: ['hunter2'] } })

  logger.error({ err: new ProblemError('log_unavailable', 'no log', { cause: auth }) }, 'failed')
  logger.error({ error: 'just text' })

  t.match(entries()[0], {
    err: { type: 'ProblemError', code: 'log_unavailable', cause: { message: 'WRONGPASS', code: 'EAUTH' } }
  })
  t.match(entries()[1], { error: { type: 'string', message: 'just text' } })
  t.notMatch(text(), /hunter2|args/)
})

t.test('an error that is its own cause does not hang the log', async t => {
  const { logger, entries } = readableLogger()
  const error = new Error('round')
  error.cause = error

  logger.error({ err: error })

  t.match(entries()[0], { err: { message: 'round', cause: { message: 'round' } } })
})

t.test('secrets do not reach the log: in messages, objects, children, or three causes deep', async t => {
  const { logger, text } = readableLogger({ secrets: ['s3cr3t-value', 'quo"ted-s3cr3t\\'] })
  const deep = new Error('a', { cause: new Error('b', { cause: new Error('connect redis://:hunter2@store failed') }) })

  logger.error({ err: deep }, 'postgres://app:hunter2@db/x')
  logger.child({ headers: { authorization: 'Bearer hunter2hunter2' } }).warn({ req: { cookie: 'hunter2' } })
  logger.info('the value was s3cr3t-value')
  logger.info('and quo"ted-s3cr3t\\')

  t.notMatch(text(), /hunter2|s3cr3t/)
})

t.test('without a destination it writes to standard output', async t => {
  const script =
    "import { createLogger } from '@tickstock/service-kit'; createLogger({ service: 's', level: 'info' }).info('out')"

  const { stdout } = spawnSync(process.execPath, [...process.execArgv, '--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8'
  })

  t.match(JSON.parse(stdout), { service: 's', msg: 'out' })
})
