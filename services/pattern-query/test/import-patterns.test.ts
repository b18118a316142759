import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { INBOX_KEY } from '@tickstock/contracts'
import { startRedis, temporaryFolder, until } from '@tickstock/test-kit'
import t from 'tap'
import { UsageError } from '../src/command-line/usage-error.ts'
import { importOptions } from '../src/import-patterns/options.ts'
import { published } from './events.ts'
import { clientOf, loggedIds, startReplica } from './replica.ts'
import { runProgram } from './run-command.ts'

t.test(
  'a file stands in the log, each line once, however often it is imported; bad lines are told by number',
  async t => {
    const { url } = await startRedis(t)
    const redis = clientOf(t, url)
    await startReplica(t, url)
    const file = join(await temporaryFolder(t), 'patterns.jsonl')
    const flows = Array.from({ length: 700 }, (_, n) => `flow-${n}`)
    const lines = flows.map((flow, n) => published(flow, { symbol: `S${n}` }))
    const bad = ['hello', published('x', { confidence: 85 }), `{"symbol":"${'A'.repeat(300_000)}"}`]
    await writeFile(file, [...lines.slice(0, 300), ...bad, '', ...lines.slice(300)].join('\n'))

    const ended = await runProgram('import-patterns', [file, '--redis', url, '--channel', 'Daily'])

    t.match(ended, { code: 1, out: '703 lines: 700 sent, 3 refused\n' })
    t.match(ended.err.split('\n'), [/^line 301: not_json: /, /^line 302: confidence: /, /^line 303: too_large: /])
    await until(async () => (await loggedIds(redis, 'daily')).length === 700)
    t.match(await runProgram('import-patterns', [file, '--redis', url, '--channel', 'daily', '--quiet']), { code: 1 })
    await until(async () => (await redis.xlen(INBOX_KEY)) === 0)
    t.same(await loggedIds(redis, 'daily'), flows)
  }
)

t.test('standard input can be checked without a Redis', async t => {
  const checked = await runProgram('import-patterns', ['-', '--dry-run'], `${published('a', { tier: 'daily' })}\r\n`)
  t.match(checked, { code: 0, out: '1 lines: 1 good, 0 refused\n', err: '' })
  t.match(await runProgram('import-patterns', ['-', '--dry-run'], published('a')), {
    code: 1,
    err: /^line 1: channel: /
  })
})

t.test('help and mistakes', async t => {
  t.match(await runProgram('import-patterns', ['--help']), { code: 0, out: /npm run import-patterns/ })
  t.match(await runProgram('import-patterns', ['/no/such/file', '--dry-run']), { code: 1, err: /ENOENT/ })
  const missing = await runProgram('import-patterns', ['-', '--redis', 'redis://127.0.0.1:1'], '{}')
  t.match(missing, { code: 1, err: /does not answer/ })
  for (const args of [[], ['a', 'b'], ['a', '--channel', 'weekly'], ['a', '--nonsense']]) {
    t.throws(() => importOptions(args, {}), UsageError)
  }
})
