import { perChannel } from '@tickstock/contracts'
import type { Asker } from '../../src/domain/asker.ts'
import { ChannelLog } from '../../src/domain/channel-log.ts'
import { Following } from '../../src/domain/following.ts'
import { frameOf } from '../../src/domain/frames.ts'
import { LogWait } from '../../src/domain/log-wait.ts'
import type { Observer } from '../../src/domain/observer.ts'
import { Pulse } from '../../src/domain/pulse.ts'
import type { SnapshotPage, Snapshots } from '../../src/domain/snapshots.ts'
import { Subscribing } from '../../src/domain/subscribing.ts'
import { Subscriber } from '../../src/domain/subscription.ts'
import { WebSocketPublisher } from '../../src/domain/websocket-publisher.ts'
import { acknowledgingParts, type Parts } from './acknowledging-parts.ts'
import { unhurried } from './fixtures.ts'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedLog } from './simulated-log.ts'
import { SimulatedUniverse } from './simulated-universe.ts'

export const turn = () => new Promise(resolve => setImmediate(resolve))

const silent: Observer = {
  wrote: () => undefined,
  historyFailed: () => undefined,
  failed: () => undefined,
  closed: () => undefined
}

/** Pages at the test's will. */
class SimulatedSnapshots implements Snapshots {
  answers: (SnapshotPage | Error)[] = []
  asked = 0
  symbols: (readonly string[] | undefined)[] = []
  aborted = 0

  async *pages(...[, , filter, abort]: Parameters<Snapshots['pages']>): AsyncGenerator<SnapshotPage> {
    this.symbols.push(filter.symbols)
    abort?.addEventListener('abort', () => this.aborted++)
    for (const page of this.answers) {
      this.asked++
      await turn()
      if (page instanceof Error) throw page
      yield page
    }
  }
}

interface SettingOptions extends Pick<Parts, 'patience' | 'positions'> {
  /** Several gateways may have one. */
  readonly log?: SimulatedLog
}

/** A gateway of which a test takes every step, with what it looks at. */
export function subscribingSetting({ log = new SimulatedLog(100), ...options }: SettingOptions = {}) {
  const logs = perChannel(channel => new ChannelLog(channel, log.head, { entries: 1000, bytes: 1e7 }))
  const pulse = new Pulse()
  pulse.beat('daily', 0)
  const publisher = new WebSocketPublisher({ logs, history: log, observer: silent, ...unhurried })
  const universe = new SimulatedUniverse()
  const following = new Following({ pause: async () => void (await turn()), failed: () => undefined })
  const snapshots = new SimulatedSnapshots()
  const acknowledging = acknowledgingParts({ history: log, snapshots, ...options })
  const { parts } = acknowledging
  const subscribing = new Subscribing({
    logs,
    publisher,
    history: log,
    pulse,
    universe,
    following,
    logWait: new LogWait({ pulse, now: () => 0, pause: turn, failed: () => undefined }),
    ...parts
  })

  const socket = (user = 'alice', device?: string) => {
    const client = new SimulatedClient()
    const lost: string[] = []
    const asker: Asker = {
      subscriber: new Subscriber(client),
      user,
      device,
      reply: answer => client.send(frameOf(answer)),
      tell: (id, { code }) => lost.push(`${id} ${code}`)
    }
    return { client, asker, lost, types: () => client.messages.map(({ type }) => type) }
  }
  const append = (count: number, symbol = 'AAPL') => {
    for (let at = 0; at < count; at++) log.append({ symbol })
    publisher.append('daily', log.after(logs.daily.position.offset))
    publisher.flush()
  }
  const settle = async (turns = 50) => {
    for (let at = 0; at < turns; at++) {
      await turn()
      publisher.flush()
      publisher.replay()
    }
  }
  return { log, logs, publisher, universe, following, snapshots, subscribing, socket, append, settle, ...acknowledging }
}
