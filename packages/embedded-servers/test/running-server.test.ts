import { createServer } from 'node:net'
import t from 'tap'
import { StartError, type StartServerOptions, startServer } from '../src/index.ts'
import { isRunning } from './fixtures/running.ts'

const LOSER = ['sh', '-c', 'echo "bind: Address already in use"; exit 1'] as const
const STAYER = ['sleep', '600'] as const

function server(options: Partial<StartServerOptions>): StartServerOptions {
  return {
    name: 'the server',
    within: 60_000,
    url: port => `tcp://127.0.0.1:${port}`,
    process: () => ({ command: [...STAYER] }),
    probe: async () => {},
    ...options
  }
}

t.test('a server is ready when it answers, and goes when its scope ends', async t => {
  let pid = 0
  let probes = 0
  {
    await using running = await startServer(
      server({
        probe: async () => {
          probes += 1
          if (probes < 3) throw new Error('not yet')
        }
      })
    )
    pid = running.pid
    t.equal(running.url, `tcp://127.0.0.1:${running.port}`)
    t.ok(await isRunning(pid))
  }
  t.equal(probes, 3)
  t.notOk(await isRunning(pid))
})

t.test('a port lost to somebody else is replaced by another', async t => {
  const ports: number[] = []
  const running = await startServer(
    server({
      process: port => {
        ports.push(port)
        return { command: ports.length < 3 ? [...LOSER] : [...STAYER] }
      },
      probe: async () => {
        if (ports.length < 3) throw new Error('nobody listens')
      }
    })
  )
  t.teardown(() => running.stop())

  t.equal(running.port, ports[2])
  t.equal(new Set(ports).size, 3)
})

t.test('after five lost ports, or one that was demanded, it gives up with the log', async t => {
  let starts = 0
  const losing = server({
    process: () => {
      starts += 1
      return { command: [...LOSER] }
    },
    probe: async () => {
      throw new Error('nobody listens')
    }
  })

  await t.rejects(startServer(losing), { name: 'StartError', log: ['bind: Address already in use'] })
  t.equal(starts, 5)
  await t.rejects(startServer({ ...losing, port: 1 }), StartError)
  t.equal(starts, 6)
})

t.test('an answer from somebody else on the port of a server that ended is no readiness', async t => {
  const failure = startServer(
    server({
      port: 1,
      process: () => ({ command: ['sh', '-c', 'kill -KILL $$'] }),
      probe: () => new Promise(resolve => setTimeout(resolve, 300))
    })
  )

  await t.rejects(failure, /the server ended \(SIGKILL\) before it was ready/)
})

t.test('a mute server fails at the deadline and is not left running', async t => {
  let pid = 0
  const failure = startServer(
    server({
      within: 100,
      probe: async (_port, itsPid) => {
        pid = itsPid
        throw new Error('no answer')
      }
    })
  )

  await t.rejects(failure, /the server was not ready within 100 ms: Error: no answer/)
  t.notOk(await isRunning(pid))
})

t.test('picked ports are free ones', async t => {
  const running = await startServer(server({}))
  t.teardown(() => running.stop())
  const probe = createServer()

  await new Promise<void>((resolve, reject) => {
    probe.on('error', reject).listen(running.port, '127.0.0.1', resolve)
  })
  probe.close()
  t.pass('it can be bound')
})
