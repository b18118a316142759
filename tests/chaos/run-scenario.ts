import { createHttpClient } from '@tickstock/client'
import { CHANNELS, type Positions } from '@tickstock/contracts'
import { type Teardown, until } from '@tickstock/test-kit'
import { auditLog } from './audit/audit-log.ts'
import { auditRecord } from './audit/audit-record.ts'
import type { Finding } from './audit/finding.ts'
import { auditLedgers, type Ledger, ledgerOf } from './audit/ledger.ts'
import type { SubscriptionRecord } from './audit/record.ts'
import { castOf, crowdOf, followersOf } from './cast.ts'
import { ClientProcess } from './clients/client-process.ts'
import type { Report } from './clients/messages.ts'
import { DEVICE, type Role, SUBSCRIPTION } from './clients/role.ts'
import { Editor } from './editor.ts'
import { Producer } from './producer.ts'
import type { Randomness } from './randomness.ts'
import type { Scenario } from './scenario.ts'
import type { Size } from './size.ts'
import { span } from './span.ts'
import { replicasOf, type System } from './system.ts'

/** What became of a scenario. */
export interface Outcome {
  readonly scenario: string
  readonly seconds: number
  readonly published: number
  readonly entries: number
  readonly subscriptions: number
  /** Of watchlists and saved filters. */
  readonly edits: number
  readonly delivered: number
  readonly gaps: number
  readonly reconnects: number
  readonly findings: readonly Finding[]
  /** Why it could not be brought to its end. */
  readonly failure?: string
}

export interface RunOptions {
  readonly scenario: Scenario
  readonly system: System
  readonly size: Size
  readonly random: Randomness
  /** Told of each step as it begins. */
  readonly progress: (step: string) => void
}

interface Reload {
  readonly random: Randomness
  readonly within: number
}

/** Events that show that all flows. */
const FLOWING = 50
const BEGIN_WITHIN = 60_000
/** Between two edits of a list, ms. */
const EDIT_PAUSE = [200, 1_000] as const
/** Between two events of the marker, ms. */
const MARK_EVERY = 200
/** What gateways replay at most where they are not told otherwise. */
const MAX_REPLAY = 1_000_000

/** Subscribers, a producer, the fault; then everything is mended, and each of them is held against the log. */
export async function runScenario(t: Teardown, options: RunOptions): Promise<Outcome> {
  const { scenario, system, size, random, progress } = options
  const began = performance.now()
  const before = system.witness.truth.size
  const books = await ledgersOf(system)
  const crowd = scenario.crowd === true ? crowdOf(size.crowd) : []
  const editor = new Editor(t, {
    url: system.nginx.url,
    random: random.fork('editor'),
    users: system.universes.length === 0 ? [] : Array.from({ length: size.users }, (_, n) => `trader-${n}`),
    pause: EDIT_PAUSE
  })
  await editor.create()
  const followers = editor.lists.flatMap(followersOf)
  const cast = [...castOf(random.fork('cast'), size.subscribers), ...followers, ...crowd]
  const clients = await ClientProcess.start(t)
  const producer = new Producer(t, { url: system.url, random: random.fork('producer') })

  progress('subscribers')
  await clients.open(cast, system.urls)
  await until(async () => requireBegun(await clients.report()), { within: BEGIN_WITHIN, what: 'all to have begun' })
  await system.witness.look()
  const begun = system.witness.heads
  system.witness.watch(cast.filter(({ habit }) => habit === 'acknowledges').map(({ name }) => name))
  system.witness.kept.takeWithdrawn()
  producer.start(scenario.crowd === true ? size.crowdRate : size.rate)
  editor.start()
  const flowed = (events: number) => flowOf(clients, events, size.settleWithin)
  await flowed(FLOWING)

  progress(scenario.what)
  const spans = random.fork('spans')
  const found = await scenario.run({
    ...system,
    random: random.fork('scenario'),
    producer,
    clients,
    cast,
    lasting: (least, most) => span(size.full ? spans.between(least, most) : least),
    flow: () => flowed(FLOWING),
    edited: () => editor.edited(size.settleWithin),
    leave: async roles => {
      await acknowledged(system, roles, size.settleWithin)
      await clients.leave(roles.map(({ name }) => name))
    },
    full: size.full
  })
  const deaths = replicasOf(system).flatMap(replica => replica.takeDeaths())
  await Promise.all(replicasOf(system).map(replica => replica.restart()))

  progress('flow')
  await reload(system, clients, cast, { random: random.fork('reload'), within: size.settleWithin })
  await until(async () => (await clients.report()).delivered >= size.deliveries, {
    within: size.full ? 3_600_000 : size.settleWithin,
    what: `${size.deliveries} deliveries`
  })
  await editor.finish()
  const stale = await untilMarked(clients, producer, size.settleWithin)
  await producer.stop(size.settleWithin)

  progress('settling')
  const unfinished = await settle(system, clients, size.settleWithin)
  const closed = await closeBooks(system, size.settleWithin)
  const { report, records } = await clients.finish()
  producer.close()

  progress('audit')
  // The system itself goes on: patterns end, and whoever was told of one must find it here.
  await system.witness.look()
  const { truth } = system.witness
  const { gaps = [] } = scenario
  const permitted = {
    gaps,
    begun,
    maxReplay: Number(system.options.gatewayEnv['MAX_REPLAY'] ?? MAX_REPLAY),
    lists: editor.histories
  }
  const told = new Set(records.flatMap(({ steps }) => steps.flatMap(step => (step[0] === 'gap' ? [step[1]] : []))))
  deaths.push(...replicasOf(system).flatMap(replica => replica.takeDeaths()))
  const findings = [
    ...deaths.map(detail => ({ kind: 'died' as const, whose: 'service', detail, events: 0 })),
    ...stale,
    ...unfinished,
    ...report.faults.map(detail => ({ kind: 'protocol' as const, whose: 'server', detail, events: 0 })),
    ...editor.findings,
    ...(found ?? []),
    // Where Redis forgets, it forgets these too.
    ...(gaps.includes('stream_reset') ? [] : system.witness.kept.takeWithdrawn()),
    ...gaps.filter(reason => !told.has(reason)).map(toothless),
    ...records.flatMap(record => auditRecord(record, truth, permitted)),
    ...auditLog(truth, producer.durable),
    ...auditLedgers(books, closed, receivedByName(records, cast))
  ]
  return {
    scenario: scenario.name,
    seconds: (performance.now() - began) / 1_000,
    published: producer.published,
    entries: truth.size - before,
    subscriptions: records.length,
    edits: editor.edits,
    delivered: report.delivered,
    gaps: report.gaps,
    reconnects: report.reconnects,
    findings
  }
}

/** Publishes events of the marker until each subscription that follows a list has had one: then the list's last edit is in force. */
async function untilMarked(clients: ClientProcess, producer: Producer, within: number): Promise<Finding[]> {
  const deadline = performance.now() + within
  for (;;) {
    const { unmarked } = await clients.report()
    if (unmarked.length === 0) return []
    if (performance.now() > deadline) return unmarked.map(notInForce)
    await producer.mark()
    await span(MARK_EVERY)
  }
}

const notInForce = (whose: string): Finding => ({
  kind: 'stale_selection',
  whose,
  detail: 'the last edit of its list never came into force',
  events: 0
})

/** @throws Error that names what was refused */
function requireBegun({ subscribers, begun, refusals }: Report): true {
  if (begun < subscribers) throw new Error([`${begun} of ${subscribers}`, ...new Set(refusals)].slice(0, 5).join('; '))
  return true
}

async function flowOf(clients: ClientProcess, events: number, within: number): Promise<void> {
  const { delivered } = await clients.report()
  await until(async () => (await clients.report()).delivered >= delivered + events, { within, what: 'events to flow' })
}

/** Some of those whose habit it is begin anew, from what they have kept or acknowledged. */
async function reload(system: System, clients: ClientProcess, cast: readonly Role[], { random, within }: Reload) {
  const inclined = cast.filter(({ habit }) => habit === 'reloads' || habit === 'acknowledges')
  const reloading = random.sample(inclined, Math.ceil(inclined.length / 2))
  await acknowledged(system, reloading, within)
  await clients.reload(reloading.map(({ name }) => name))
}

/** Waits until positions of those who acknowledge are kept: who has none would begin at the end, as he should. */
async function acknowledged({ witness }: System, roles: readonly Role[], within: number): Promise<void> {
  for (const { name, habit, subscriptions } of roles) {
    if (habit !== 'acknowledges') continue
    const channels = subscriptions.flatMap(one => one.channels)
    const isKept = () => witness.hasAcknowledged(name, DEVICE, SUBSCRIPTION, channels)
    await until(isKept, { within, what: `what ${name} acknowledged to be kept` })
  }
}

const toothless = (reason: string): Finding => ({
  kind: 'toothless',
  whose: 'scenario',
  detail: `nobody was told of a gap ${reason}`,
  events: 0
})

/** Waits until the log stands still with all that was durable, and every subscriber has come to its end. */
async function settle(system: System, clients: ClientProcess, within: number): Promise<Finding[]> {
  const { witness } = system
  await until(async () => (await witness.inboxLength()) === 0, { within, what: 'the inbox to be empty' })
  await witness.look()
  const { heads } = witness
  await until(() => areAt(system, heads), { within, what: 'scans to be of the log as it is' })
  let behind: readonly string[] = []
  const reached = async () => {
    behind = (await clients.report(heads)).behind
    return behind.length === 0
  }
  try {
    await until(reached, { within, what: 'everybody to have everything' })
    return []
  } catch {
    return behind.map(detail => ({ kind: 'unfinished', whose: detail.split(' ', 1)[0] ?? '', detail, events: 0 }))
  }
}

const ledgersOf = ({ gateways }: System): Promise<Ledger[]> =>
  Promise.all(gateways.map(async gateway => ledgerOf(gateway.name, gateway.lives, await gateway.metrics())))

/** Waits until everything is acknowledged, or was given back with a socket that is gone; what is still in flight then is found in the books. */
async function closeBooks(system: System, within: number): Promise<Ledger[]> {
  let ledgers: Ledger[] = []
  const isClosed = async () => {
    ledgers = await ledgersOf(system)
    return ledgers.every(({ inFlight }) => inFlight === 0)
  }
  await until(isClosed, { within, what: 'nothing to be in flight' }).catch(() => undefined)
  return ledgers
}

function receivedByName(records: readonly SubscriptionRecord[], cast: readonly Role[]): number {
  const names = new Set(cast.filter(({ habit }) => habit === 'acknowledges').map(({ name }) => name))
  const steps = records.filter(({ subscriber }) => names.has(subscriber)).flatMap(({ steps }) => steps)
  return steps.filter(([kind]) => kind === 'event').length
}

/** Whether every replica answers scans from the epochs that the logs have now. */
async function areAt({ ingests }: System, heads: Positions): Promise<boolean> {
  const answers = await Promise.all(ingests.map(({ url }) => createHttpClient({ url }).scan({ per_page: 1 })))
  return answers.every(({ positions }) => CHANNELS.every(channel => positions[channel].epoch === heads[channel].epoch))
}
