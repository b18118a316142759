import { startRedis } from '@tickstock/test-kit'
import t from 'tap'
import { runProgram } from './run-command.ts'

t.test('it lists from the Redis that it is told; help and mistakes have their exit codes', async t => {
  const { url } = await startRedis(t)
  t.match(await runProgram('dead-letters', ['--redis', url]), { code: 0, out: '', err: '0 of 0 dead letters\n' })
  t.match(await runProgram('dead-letters', ['--help']), { code: 0, out: /npm run dead-letters/ })
  t.match(await runProgram('dead-letters', ['--nonsense']), { code: 2, err: /Try --help/ })
})
