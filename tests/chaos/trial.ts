import { createHttpClient } from '@tickstock/client'
import { CHANNELS, type GapReason, type Positions } from '@tickstock/contracts'
import { type Teardown, until } from '@tickstock/test-kit'
import { auditLog } from './audit/audit-log.ts'
import { Auditor } from './audit/auditor.ts'
import type { Finding } from './audit/finding.ts'
import { auditLedgers, type Ledger, ledgerOf } from './audit/ledger.ts'
import { castOf, crowdOf, followersOf } from './cast.ts'
import { ClientProcess } from './clients/client-process.ts'
import type { Report } from './clients/messages.ts'
import { DEVICE, type Role, SUBSCRIPTION } from './clients/role.ts'
import { Editor } from './editor.ts'
import { Producer, type ProducerOptions } from './producer.ts'
import { flowOf } from './producer-events.ts'
import type { Randomness } from './randomness.ts'
import type { Stage } from './scenario.ts'
import type { Size } from './size.ts'
import { span } from './span.ts'
import { replicasOf, type System } from './system.ts'

export interface TrialOptions {
  readonly system: System
  readonly size: Size
  readonly random: Randomness
  /** Why subscribers may be told of gaps. */
  readonly gaps: readonly GapReason[]
  /** With a crowd of plain clients besides. */
  readonly crowd: boolean
  readonly life?: ProducerOptions['life']
  /** Receives each step as it begins. */
  readonly progress: (step: string) => void
}

/** What a trial came to so far. */
export interface Figures {
  readonly published: number
  readonly subscriptions: number
  /** Of watchlists and saved filters. */
  readonly edits: number
  readonly delivered: number
  readonly gaps: number
  readonly reconnects: number
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

/** Subscribers, a producer and editors at work on a system, from the first subscription to the audit. */
export class Trial {
  readonly #options: TrialOptions
  readonly #cast: readonly Role[]
  readonly #clients: ClientProcess
  readonly #producer: Producer
  readonly #editor: Editor
  readonly #auditor: Auditor
  readonly #books: readonly Ledger[]
  readonly #findings: Finding[] = []
  #report: Report

  static async begin(t: Teardown, options: TrialOptions): Promise<Trial> {
    const { system, size, random, gaps, crowd, life, progress } = options
    const { witness } = system
    const books = await ledgersOf(system)
    const editor = new Editor(t, {
      url: system.nginx.url,
      random: random.fork('editor'),
      users: system.universes.length === 0 ? [] : Array.from({ length: size.users }, (_, n) => `trader-${n}`),
      pause: EDIT_PAUSE
    })
    await editor.create()
    const cast = [
      ...castOf(random.fork('cast'), size.subscribers),
      ...editor.lists.flatMap(followersOf),
      ...(crowd ? crowdOf(size.crowd) : [])
    ]
    const clients = await ClientProcess.start(t)
    const producer = new Producer(t, { url: system.url, random: random.fork('producer'), ...(life && { life }) })

    progress('subscribers')
    await clients.open(cast, system.urls)
    const report = await until(async () => requireBegun(await clients.report()), {
      within: BEGIN_WITHIN,
      what: 'all to have begun'
    })
    await witness.look()
    const permitted = {
      gaps,
      begun: witness.heads,
      maxReplay: Number(system.options.gatewayEnv['MAX_REPLAY'] ?? MAX_REPLAY),
      lists: editor.histories
    }
    witness.watch(cast.filter(({ habit }) => habit === 'acknowledges').map(({ name }) => name))
    witness.kept.takeWithdrawn()
    producer.start(crowd ? size.crowdRate : size.rate)
    editor.start()
    const auditor = new Auditor(witness.truth, permitted)
    const trial = new Trial({ options, cast, clients, producer, editor, auditor, books, report })
    await trial.#flow()
    return trial
  }

  private constructor(parts: {
    readonly options: TrialOptions
    readonly cast: readonly Role[]
    readonly clients: ClientProcess
    readonly producer: Producer
    readonly editor: Editor
    readonly auditor: Auditor
    readonly books: readonly Ledger[]
    readonly report: Report
  }) {
    this.#options = parts.options
    this.#cast = parts.cast
    this.#clients = parts.clients
    this.#producer = parts.producer
    this.#editor = parts.editor
    this.#auditor = parts.auditor
    this.#books = parts.books
    this.#report = parts.report
  }

  /** What scenarios break, and with what. @param lasting see {@link Stage} */
  stage(random: Randomness, lasting: Stage['lasting']): Stage {
    const { system, size } = this.#options
    return {
      ...system,
      random,
      producer: this.#producer,
      clients: this.#clients,
      cast: this.#cast,
      lasting,
      flow: () => this.#flow(),
      edited: () => this.#editor.edited(size.settleWithin),
      leave: async roles => {
        await this.#acknowledged(roles)
        await this.#clients.leave(roles.map(({ name }) => name))
      },
      full: size.full
    }
  }

  /** Starts every service that does not run. */
  async mend(): Promise<void> {
    const replicas = replicasOf(this.#options.system)
    this.#noteDeaths()
    await Promise.all(replicas.map(replica => replica.restart()))
  }

  /** Some of those whose habit it is begin anew, from what they have kept or acknowledged. */
  async reload(random: Randomness): Promise<void> {
    const inclined = this.#cast.filter(({ habit }) => habit === 'reloads' || habit === 'acknowledges')
    const reloading = random.sample(inclined, Math.ceil(inclined.length / 2))
    await this.#acknowledged(reloading)
    await this.#clients.reload(reloading.map(({ name }) => name))
  }

  async figures(): Promise<Figures> {
    this.#report = await this.#clients.report()
    return this.#figures()
  }

  /** Audits what the subscribers went through so far, and forgets it. @returns what was found since the last time */
  async audit(): Promise<readonly Finding[]> {
    const { witness } = this.#options.system
    const { report, records } = await this.#clients.tell()
    this.#report = report
    await witness.look()
    this.#auditor.take(records)
    const before = this.#findings.length
    // Before what it has seen is forgotten.
    this.#findings.push(...this.#auditor.takeFindings(), ...auditLog(witness.truth, []))
    const passed = this.#auditor.passed()
    for (const channel of CHANNELS) {
      const forgotten = witness.truth.forget(channel, passed[channel])
      this.#producer.settle(forgotten.map(({ event }) => flowOf(event.id) ?? ''))
    }
    return this.#findings.slice(before)
  }

  /** Ends the edits and the events, waits until every subscriber has come to the end of the log, and audits the rest. @returns all that was found */
  async end(): Promise<{ readonly findings: readonly Finding[]; readonly figures: Figures }> {
    const { system, size, gaps, progress } = this.#options
    const { witness } = system
    await this.#editor.finish()
    const stale = await this.#untilMarked()
    await this.#producer.stop(size.settleWithin)

    progress('settling')
    const unfinished = await settle(system, this.#clients, size.settleWithin)
    const closed = await closeBooks(system, size.settleWithin)
    const { report, records } = await this.#clients.finish()
    this.#report = report
    this.#producer.close()

    progress('audit')
    // The system itself goes on: patterns end, and whoever was told of one must find it here.
    await witness.look()
    this.#auditor.take(records)
    this.#auditor.end()
    this.#noteDeaths()
    const named = this.#cast.filter(({ habit }) => habit === 'acknowledges').map(({ name }) => name)
    this.#findings.push(
      ...stale,
      ...unfinished,
      ...report.faults.map(detail => ({ kind: 'protocol' as const, whose: 'server', detail, events: 0 })),
      ...this.#editor.findings,
      // Where Redis forgets, it forgets these too.
      ...(gaps.includes('stream_reset') ? [] : witness.kept.takeWithdrawn()),
      ...gaps.filter(reason => !this.#auditor.told.has(reason)).map(toothless),
      ...this.#auditor.takeFindings(),
      ...auditLog(witness.truth, this.#producer.durable),
      ...auditLedgers(this.#books, closed, this.#auditor.received(named))
    )
    return { findings: this.#findings, figures: this.#figures() }
  }

  /** Resolves when subscribers have received so many events more. */
  async #flow(): Promise<void> {
    const { delivered } = await this.#clients.report()
    const isFlowing = async () => (await this.#clients.report()).delivered >= delivered + FLOWING
    await until(isFlowing, { within: this.#options.size.settleWithin, what: 'events to flow' })
  }

  #noteDeaths(): void {
    for (const detail of replicasOf(this.#options.system).flatMap(replica => replica.takeDeaths()))
      this.#findings.push({ kind: 'died', whose: 'service', detail, events: 0 })
  }

  #figures(): Figures {
    const { delivered, gaps, reconnects } = this.#report
    const { subscriptions } = this.#auditor
    return {
      published: this.#producer.published,
      subscriptions,
      edits: this.#editor.edits,
      delivered,
      gaps,
      reconnects
    }
  }

  /** Waits until positions of those who acknowledge are kept: who has none would begin at the end, as he should. */
  async #acknowledged(roles: readonly Role[]): Promise<void> {
    const { system, size } = this.#options
    for (const { name, habit, subscriptions } of roles) {
      if (habit !== 'acknowledges') continue
      const channels = subscriptions.flatMap(one => one.channels)
      const isKept = () => system.witness.hasAcknowledged(name, DEVICE, SUBSCRIPTION, channels)
      await until(isKept, { within: size.settleWithin, what: `what ${name} acknowledged to be kept` })
    }
  }

  /** Publishes events of the marker until each subscription that follows a list has had one: then the list's last edit is in force. */
  async #untilMarked(): Promise<Finding[]> {
    const deadline = performance.now() + this.#options.size.settleWithin
    for (;;) {
      const { unmarked } = await this.#clients.report()
      if (unmarked.length === 0) return []
      if (performance.now() > deadline) return unmarked.map(notInForce)
      await this.#producer.mark()
      await span(MARK_EVERY)
    }
  }
}

const toothless = (reason: string): Finding => ({
  kind: 'toothless',
  whose: 'scenario',
  detail: `nobody was told of a gap ${reason}`,
  events: 0
})

const notInForce = (whose: string): Finding => ({
  kind: 'stale_selection',
  whose,
  detail: 'the last edit of its list never came into force',
  events: 0
})

/** @throws Error that names what was refused */
function requireBegun(report: Report): Report {
  const { subscribers, begun, refusals } = report
  if (begun < subscribers) throw new Error([`${begun} of ${subscribers}`, ...new Set(refusals)].slice(0, 5).join('; '))
  return report
}

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

/** Whether every replica answers scans from the epochs that the logs have now. */
async function areAt({ ingests }: System, heads: Positions): Promise<boolean> {
  const answers = await Promise.all(ingests.map(({ url }) => createHttpClient({ url }).scan({ per_page: 1 })))
  return answers.every(({ positions }) => CHANNELS.every(channel => positions[channel].epoch === heads[channel].epoch))
}
