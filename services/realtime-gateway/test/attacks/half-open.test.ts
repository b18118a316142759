import { until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { connect, startGateway, startLog, subscribe } from '../gateway-fixture.ts'
import { bystander } from './bystander.ts'
import { connectRaw, type End, type RawSocket, upgradeOf } from './raw-socket.ts'
import { frameOf } from './wire.ts'

/** So many sockets; as many as the machine lets a process have are tried with HALF_OPEN=19000. */
const COUNT = Number(process.env['HALF_OPEN'] ?? 1_500)

/** Connections that are made at a time: more would only wait in the listening queue. */
const AT_ONCE = 200

const ADDRESSES = 200

const log = await startLog(t)

const addressOf = (at: number) => `127.0.${1 + (at % ADDRESSES)}.1`

/** Connects so many, each of which then says what it says, and no more. */
async function crowd(
  t: Test,
  port: number,
  count: number,
  say: (raw: RawSocket, at: number) => unknown
): Promise<RawSocket[]> {
  const sockets: RawSocket[] = []
  for (let from = 0; from < count; from += AT_ONCE) {
    const size = Math.min(AT_ONCE, count - from)
    const some = await Promise.all(
      Array.from({ length: size }, (_, at) => connectRaw(t, { port, from: addressOf(from + at), stubborn: true }))
    )
    for (const [at, raw] of some.entries()) say(raw, from + at)
    sockets.push(...some)
  }
  return sockets
}

async function figure(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name}\\S* (\\S+)`, 'm').exec(text)?.[1])
}

const resident = (url: string) => figure(url, 'process_resident_memory_bytes')

/** A good client that comes while the crowd is there: it is let in, if not at once. */
const comes = (t: Test, gateway: { readonly port: number }) =>
  until(() => connect(t, gateway).catch(() => undefined), { what: 'a good client to be let in' })

const tally = (ends: readonly (End | number)[]) =>
  JSON.stringify(Object.fromEntries([...Map.groupBy(ends, end => `${end}`)].map(([end, all]) => [end, all.length])))

/** What they say before they fall silent. */
const silences: readonly ((raw: RawSocket) => unknown)[] = [
  () => undefined,
  raw => raw.stream.write(upgradeOf().slice(0, 60)),
  raw => raw.stream.write(upgradeOf()),
  raw => raw.stream.write(Buffer.concat([Buffer.from(upgradeOf()), frameOf('{"type":"auth"}').subarray(0, 9)]))
]

t.test(`${COUNT} sockets that say nothing, or half of something, hold nobody up`, async t => {
  const gateway = await startGateway(t, log.server.url)
  const good = await bystander(t, log, gateway)

  await good.served(t, async () => {
    const before = await resident(gateway.url)
    const sockets = await crowd(t, gateway.port, COUNT, (raw, at) => silences[at % silences.length]?.(raw))
    const newcomer = await comes(t, gateway)
    await subscribe(newcomer)
    newcomer.close()
    const bytes = (await resident(gateway.url)) - before

    const ends = await Promise.all(sockets.map(({ ended }) => ended))
    t.ok(
      ends.every(end => end === 'cut' || end === 4103 || end === 4100),
      `each was cut, or told why it goes: ${tally(ends)}`
    )
    t.comment(`answers to the upgrade: ${tally(await Promise.all(sockets.map(({ answered }) => answered)))}`)
    t.comment(`memory while they were there: ${Math.round(bytes / 1e6)} MB more`)
  })

  t.test('and leave nothing behind', async t => {
    await until(async () => (await figure(gateway.url, 'gateway_connections')) === 1)
    await until(async () => (await figure(gateway.url, 'process_open_fds')) < COUNT / 2)
    t.equal((await fetch(`${gateway.url}/health/ready`)).status, 200)
  })
})

t.test('where all of them are let in, they are told to go in time, and the good are served', async t => {
  const gateway = await startGateway(t, log.server.url, {
    MAX_UNAUTHENTICATED: `${COUNT + 100}`,
    MAX_CONNECTIONS: `${COUNT + 1_000}`
  })
  const good = await bystander(t, log, gateway)

  await good.served(t, async () => {
    const before = await resident(gateway.url)
    const sockets = await crowd(t, gateway.port, COUNT, raw => raw.stream.write(upgradeOf()))
    const answers = await Promise.all(sockets.map(({ answered }) => answered))
    const bytes = (await resident(gateway.url)) - before
    const ends = await Promise.all(sockets.map(({ ended }) => ended))

    t.comment(`answers to the upgrade: ${tally(answers)}`)
    t.comment(`${Math.round(bytes / 1_000 / COUNT)} kB of memory each`)
    const letIn = sockets.filter((_, at) => answers[at] === 101)
    t.ok(letIn.length > COUNT / 2, `${letIn.length} were let in`)
    t.same(new Set(ends.filter((_, at) => answers[at] === 101)), new Set([4103]))
  })
})
