import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startFaultProxy, until } from '@tickstock/test-kit'
import type { Browser } from 'playwright-core'
import { startChromium } from '../browser/chromium.ts'
import { startLiveSystem } from '../browser/live-system.ts'
import { Cleanup } from './cleanup.ts'
import { table, whole } from './table.ts'

const HELP = `Usage: npm run bench:outages -- [options]

Cuts the network of clients in a real browser, and measures from its return until each is live again: with the
browser's events of the network, and without them, as a client in Node is. All outages run at the same time.

  --seconds N,…  how long the outages are, default 5,30,90
  --clients N    of each kind for each outage, each in a page of its own, default 5
  --rounds N     default 3
  --quick        one outage of 5 seconds, 3 clients, once: to see that it runs
  --help         this text
`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    clients: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' }
  }
})

interface Outages {
  readonly seconds: readonly number[]
  readonly clients: number
  readonly rounds: number
}

/** Two heartbeats: by then one has found all complete, so the clients count their failures from one. */
const SETTLED_MS = 10_000

/** Runs in the page, before the SDK listens. */
const WITHOUT_EVENTS = `for (const type of ['online', 'offline']) {
  addEventListener(type, event => event.stopImmediatePropagation(), true)
}`

/** Runs in the page: `liveAt` is when its client became live, ms; undefined while it is not. */
const clientOf = (user: string) => `import('/sdk/tickstock.js').then(({ createClient }) => {
  const onStatus = ({ state }) => { window.liveAt = state === 'live' ? window.liveAt ?? Date.now() : undefined }
  createClient({ url: location.href, user: '${user}', onStatus }).subscribe({}, { onEvent: () => {} })
})`

interface Network {
  readonly url: string
  cut(): Promise<void>
  restore(): Promise<void>
}

/** Clients whose network goes and comes back. Browsers slow the sockets of a page that opens many: each has its own. */
async function openClients(
  browser: Browser,
  network: Network,
  { hears, clients }: { hears: boolean; clients: number }
) {
  const context = await browser.newContext()
  const open = async (user: string) => {
    const page = await context.newPage()
    await page.goto(`${network.url}/sdk/tickstock.js`)
    if (!hears) await page.evaluate(WITHOUT_EVENTS)
    await page.evaluate(clientOf(user))
    return async () => {
      const time: unknown = await until(() => page.evaluate('window.liveAt'), { what: `${user} to be live` })
      return Number(time)
    }
  }
  const users = Array.from({ length: clients }, (_, index) => `${hears ? 'hearing' : 'deaf'}-${index}`)
  const liveAts = await Promise.all(users.map(open))
  const allLiveAt = () => Promise.all(liveAts.map(liveAt => liveAt()))
  await allLiveAt()

  /** @returns from the network's return until each client was live, ms */
  return async (seconds: number): Promise<number[]> => {
    await Promise.all([network.cut(), context.setOffline(true)])
    await delay(1_000 * seconds)
    await network.restore()
    const back = Date.now()
    await context.setOffline(false)
    return (await allLiveAt()).map(time => time - back)
  }
}

/** By length of the outage, what each client took: with events and without. */
async function measure({ seconds, clients, rounds }: Outages) {
  const cleanup = new Cleanup()
  try {
    const [system, browser] = await Promise.all([startLiveSystem(cleanup), startChromium(cleanup)])
    const target = { host: '127.0.0.1', port: Number(new URL(system.url).port) }
    const openCase = async (length: number, hears: boolean) => {
      const proxy = await startFaultProxy(cleanup, { target })
      const network = {
        url: `http://127.0.0.1:${proxy.port}`,
        cut: () => proxy.cut(),
        restore: () => proxy.restore()
      }
      const times: number[] = []
      return { length, hears, times, outage: await openClients(browser, network, { hears, clients }) }
    }
    const cases = await Promise.all(seconds.flatMap(length => [openCase(length, false), openCase(length, true)]))
    for (let round = 0; round < rounds; round++) {
      await delay(SETTLED_MS)
      await Promise.all(cases.map(async ({ length, times, outage }) => void times.push(...(await outage(length)))))
    }
    return cases
  } finally {
    await cleanup.run()
  }
}

function report(cases: Awaited<ReturnType<typeof measure>>, { seconds }: Outages): string {
  const figuresOf = (length: number, hears: boolean) => {
    const times = cases.filter(one => one.length === length && one.hears === hears).flatMap(one => one.times)
    const sorted = times.sort((one, other) => one - other)
    return [whole(sorted[Math.floor(sorted.length / 2)] ?? 0), whole(sorted.at(-1) ?? 0)].map(figure => `${figure} ms`)
  }
  return table(
    ['outage', 'without events, median', 'worst', 'with events, median', 'worst'],
    seconds.map(length => [`${length} s`, ...figuresOf(length, false), ...figuresOf(length, true)])
  )
}

if (values.help) process.stdout.write(HELP)
else {
  const defaults = values.quick
    ? { seconds: '5', clients: 3, rounds: 1 }
    : { seconds: '5,30,90', clients: 5, rounds: 3 }
  const outages = {
    seconds: (values.seconds ?? defaults.seconds).split(',').map(Number),
    clients: Number(values.clients ?? defaults.clients),
    rounds: Number(values.rounds ?? defaults.rounds)
  }
  const cases = await measure(outages)
  console.log(`From the network's return to live: ${outages.clients} clients of each kind, ${outages.rounds} rounds\n`)
  console.log(report(cases, outages))
}
