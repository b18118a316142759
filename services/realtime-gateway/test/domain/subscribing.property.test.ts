import type { Position } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import type { Asker } from '../../src/domain/asker.ts'
import { SimulatedLog } from './simulated-log.ts'
import { SimulatedPositions } from './simulated-positions.ts'
import { subscribingSetting } from './subscribing-setting.ts'

const DEVICES = ['laptop', 'phone'] as const
type Device = (typeof DEVICES)[number]

/** What a device has said, and what it was told to be kept, of the log's present epoch. */
interface Said {
  acknowledged: number
  kept: number
}

/** Two gateways on one log, and what the devices of a user know. */
class World {
  readonly log = new SimulatedLog(50)
  readonly positions = new SimulatedPositions()
  readonly gateways = [this.#gateway(), this.#gateway()]
  readonly said = new Map<Device, Said>()
  /** How often a device came back that had a position. */
  checked = 0
  #open: {
    readonly device: Device
    readonly gateway: number
    readonly end: () => void
    readonly ack: (share: number) => Promise<void>
  }[] = []

  #gateway() {
    return subscribingSetting({ log: this.log, positions: this.positions })
  }

  readOn(): void {
    for (const { logs, publisher } of this.gateways) {
      const { epoch, offset } = logs.daily.position
      if (epoch !== this.log.epoch) publisher.restart('daily', { epoch: this.log.epoch, offset: 0 })
      const entries = this.log.after(epoch === this.log.epoch ? offset : 0)
      if (entries.length > 0) publisher.append('daily', entries)
      publisher.flush()
      publisher.replay()
    }
  }

  async settle(): Promise<void> {
    for (const { settle } of this.gateways) await settle(8)
  }

  /** A killed gateway takes with it what it had not written. */
  kill(at: number): void {
    for (const one of this.#open.filter(({ gateway }) => gateway === at)) one.end()
    this.gateways[at] = this.#gateway()
    this.readOn()
  }

  flush(): void {
    this.log.flush()
    this.said.clear()
    for (const one of [...this.#open]) one.end()
  }

  async acknowledge(at: number, share: number): Promise<void> {
    await this.#open[at % Math.max(1, this.#open.length)]?.ack(share)
  }

  leave(at: number): void {
    this.#open[at % Math.max(1, this.#open.length)]?.end()
  }

  async subscribe(device: Device, at: number): Promise<void> {
    const gateway = this.gateways[at]
    if (gateway === undefined) return
    const { subscribing, socket } = gateway
    const { asker, client } = socket('alice', device)
    const known = { ...(this.said.get(device) ?? { acknowledged: 0, kept: 0 }) }
    await subscribing.begin(asker, { type: 'subscribe', id: 's', channel: 'daily', name: 'page', from: 'acknowledged' })
    const [subscribed] = client.messages
    if (subscribed?.type !== 'subscribed') throw new Error('not subscribed')
    this.#check(device, known, subscribed.position)

    const end = () => {
      subscribing.leave(asker.subscriber)
      this.#open = this.#open.filter(one => one.end !== end)
    }
    const ack = async (share: number) => {
      const cursor = asker.subscriber.subscriptions.get('s')?.cursor
      if (cursor?.epoch !== this.log.epoch) return
      const position = { ...cursor, offset: Math.floor(cursor.offset * share) }
      const said = this.said.get(device) ?? { acknowledged: 0, kept: 0 }
      this.said.set(device, said)
      said.acknowledged = Math.max(said.acknowledged, position.offset)
      const { epoch } = this.log
      const reply: Asker['reply'] = message => {
        const kept = message.type === 'acknowledged' ? message.positions['s'] : undefined
        if (kept?.epoch === epoch) said.kept = Math.max(said.kept, kept.offset)
      }
      await subscribing.acknowledge({ ...asker, reply }, { type: 'ack', positions: { s: position } })
    }
    this.#open.push({ device, gateway: at, end, ack })
  }

  /** Nothing that it was told to be kept comes again, and nothing is left out that it has not acknowledged. */
  #check(device: Device, { kept }: Said, { epoch, offset }: Position): void {
    const said = this.said.get(device)
    if (said === undefined || epoch !== this.log.epoch || said.kept === 0) return
    this.checked += 1
    if (offset < kept) throw new Error(`${device} was put back to ${offset}, though ${kept} was kept`)
    if (offset > said.acknowledged)
      throw new Error(`${device} was put ahead to ${offset}, but acknowledged ${said.acknowledged}`)
  }
}

const share = fc.integer({ min: 0, max: 10 }).map(tenths => tenths / 10)
const number = fc.nat(20)
const gateway = fc.nat(1)

const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 9 }) }) },
  {
    weight: 20,
    arbitrary: fc.record({ do: fc.constant('subscribe' as const), device: fc.constantFrom(...DEVICES), gateway })
  },
  { weight: 30, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), at: number, share }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('leave' as const), at: number }) },
  { weight: 30, arbitrary: fc.record({ do: fc.constantFrom('settle' as const, 'heal' as const) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constantFrom('fail' as const, 'hold' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('kill' as const), gateway }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const) }) }
)

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

async function take(world: World, step: Step): Promise<void> {
  if (step.do === 'append') for (let at = 0; at < step.count; at++) world.log.append({})
  if (step.do === 'flush') world.flush()
  world.readOn()
  if (step.do === 'subscribe' && world.positions.failure === undefined) await world.subscribe(step.device, step.gateway)
  if (step.do === 'acknowledge') await world.acknowledge(step.at, step.share)
  if (step.do === 'leave') world.leave(step.at)
  if (step.do === 'kill') world.kill(step.gateway)
  if (step.do === 'settle') await world.settle()
  if (step.do === 'fail') world.positions.failure = new Error('away')
  if (step.do === 'hold') world.positions.hold()
  if (step.do === 'heal') world.positions.heal()
}

t.test(
  'whatever is killed, and whenever the store is away, a device goes on between what was kept for it and what it acknowledged',
  async t => {
    let checked = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), async steps => {
        const world = new World()
        for (const one of steps) await take(world, one)
        world.positions.heal()
        await world.settle()
        for (const device of DEVICES) for (const at of [0, 1]) await world.subscribe(device, at)
        checked += world.checked
        for (const { acknowledgements, book } of world.gateways) {
          const { sent, acknowledged, gapSignalled, returned, inFlight } = book.totals
          if (sent !== acknowledged + gapSignalled + returned + inFlight)
            throw new Error('the ledger is out of balance')
          if (acknowledgements.waiting > 0) throw new Error('something waits still')
        }
      }),
      { numRuns: 300 }
    )
    t.ok(checked > 200, `${checked} times`)
  }
)
