import { followScan, type ScanAnswer, type ScanQuery } from '@tickstock/contracts'
import { authMessage } from './credentials.ts'
import type { CallOptions } from './http/caller.ts'
import { callerOf, HttpClient, type HttpClientOptions } from './http-client.ts'
import { Live } from './live.ts'
import type { LiveHandlers } from './live-handlers.ts'
import { LiveItems } from './live-items.ts'
import type { LiveRequest, LiveSubscription } from './live-request.ts'
import type { ClientStatus } from './live-status.ts'
import type { Refusal, SessionState } from './session/effect.ts'
import { countersFromZero, type SessionCounters } from './session/session-counters.ts'

export interface ClientOptions extends HttpClientOptions {
  /** Which of the user's devices this is, for positions that the server keeps: letters, digits, `.`, `_`, `-`, at most 64. */
  readonly device?: string | undefined
  /** How the client stands, whenever that changes. */
  readonly onStatus?: ((status: ClientStatus) => void) | undefined
  /** What ends nothing, and somebody should know: no new token was to be had yet, the service did not take a message. Default: `console.warn`. */
  readonly onWarning?: ((refusal: Refusal) => void) | undefined
}

/** Scans, watchlists and live patterns of one TickStock. Requests throw a `RequestError`. */
export class TickstockClient extends HttpClient {
  readonly #live: Live

  /** @throws TypeError when the url is none */
  constructor(options: ClientOptions) {
    super(callerOf(options))
    const url = new URL(options.url).href
    const { onStatus, onWarning = warn, device, token } = options
    this.#live = new Live({
      url,
      auth: async () => ({ ...(await authMessage(options)), ...(device !== undefined && { device }) }),
      renewable: typeof token === 'function',
      onStatus,
      onWarning,
      counters: countersFromZero()
    })
  }

  /** State of the socket; `idle` while nothing is subscribed. */
  get state(): SessionState {
    return this.#live.state
  }

  /** How it stands, as the worst of its subscriptions; `offline` without any. */
  get status(): ClientStatus {
    return this.#live.status
  }

  get counters(): Readonly<SessionCounters> {
    return this.#live.counters
  }

  /** Live events, over one socket for all subscriptions. It opens with the first and is left with the last. */
  subscribe(request: LiveRequest, handlers: LiveHandlers): LiveSubscription {
    return this.#live.subscribe(request, handlers)
  }

  /**
   * The same as a loop, which sets the pace: what it has not taken is not sent. It ends with `break`, `return` or the signal.
   *
   * @throws LiveRefusedError in the loop, where nothing more can come
   */
  live(request: LiveRequest = {}, { signal }: { readonly signal?: AbortSignal | undefined } = {}): LiveItems {
    return new LiveItems(handlers => this.subscribe(request, handlers), signal)
  }

  /**
   * The page of patterns that live now, then everything that happens to any that match: with no gap and no overlap between the two.
   */
  async scanAndSubscribe(
    query: Omit<ScanQuery, 'view'>,
    handlers: LiveHandlers,
    options?: CallOptions
  ): Promise<{ readonly answer: ScanAnswer; readonly subscription: LiveSubscription }> {
    const answer = await this.scan(query, options)
    return { answer, subscription: this.subscribe({ ...followScan(query), from: answer.positions }, handlers) }
  }

  /** Tries again at once after `stopped` or `waiting`, e.g. when a new token is here. */
  reconnect(): void {
    this.#live.reconnect()
  }

  /** Leaves the socket for good. Requests still work. */
  close(): void {
    this.#live.close()
  }
}

const warn = ({ detail, action }: Refusal): void => console.warn(`${detail}. ${action}`)

export const createClient = (options: ClientOptions): TickstockClient => new TickstockClient(options)
