import type { Universe } from '@tickstock/contracts'
import type { StartContext } from '@tickstock/service-kit'
import type { CacheLink } from '../stores/cache/cache-link.ts'
import { ChangeStream } from '../stores/change-stream.ts'
import { listen } from '../stores/notifications.ts'
import { Outbox } from '../stores/outbox.ts'
import { OutboxRelay, type OutboxRelayOptions } from './outbox-relay.ts'
import { createRelayInstruments } from './relay-instruments.ts'

/** The channel on which the tables' triggers tell of a commit. */
const CHANNEL = 'universe_outbox'

export interface RelayOptions
  extends Pick<StartContext<unknown>, 'logger' | 'lifetime' | 'registry'>,
    Pick<OutboxRelayOptions, 'intervals'> {
  readonly link: CacheLink
  /** Of the relay's role. */
  readonly relayUrl: string
  readonly universeOf: (text: string) => Universe | undefined
}

/** Starts to bring edits from the outbox into the stream, until the lifetime ends. */
export function startRelay(options: RelayOptions): OutboxRelay {
  const { link, relayUrl, universeOf, intervals, logger, lifetime, registry } = options
  const outbox = new Outbox(relayUrl, logger)
  lifetime.own('outbox', () => outbox.close())
  const stream = new ChangeStream({ link, universeOf })
  const instruments = createRelayInstruments(registry)
  const relay = new OutboxRelay({ outbox, stream, logger, instruments, ...(intervals && { intervals }) })

  const stop = new AbortController()
  const notified = () => relay.wake()
  const running = Promise.all([
    relay.run(stop.signal),
    listen({ url: relayUrl, channel: CHANNEL, logger, notified }, stop.signal)
  ])
  lifetime.own('relay', async () => {
    stop.abort()
    await running
  })
  return relay
}
