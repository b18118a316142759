import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const COMMAND = fileURLToPath(new URL('../src/load-symbols.ts', import.meta.url))

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--conditions=@tickstock/source', COMMAND, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const ended = new Promise(resolve => child.once('exit', resolve))
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { out, err, code }
}

t.test('it explains itself, passes on what it is told, and ends as the load does', async t => {
  const nowhere = 'postgres://127.0.0.1:1/x'

  t.match(await run(['--help']), { code: 0, out: /npm run load-symbols -- FILE\.csv/ })
  t.match(await run([], { DATABASE_URL: nowhere }), { code: 1, err: /ECONNREFUSED/ })
  t.match(await run(['--database', nowhere]), { code: 1, err: /ECONNREFUSED/ })
  t.match(await run(['--nonsense', '--database', nowhere]), { code: 2, err: /nonsense/ })
})
