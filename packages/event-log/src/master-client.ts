import { Redis, type RedisOptions } from 'ioredis'
import { MasterWatch, type SentinelAddress } from './master-watch.ts'

/** There is a connection that can be ended: `connect` while it is being made ready. */
const CONNECTED: ReadonlySet<string> = new Set(['connect', 'ready'])

/**
 * A client of the master that Sentinels name, which leaves it when they name another. Where none says for long who that is it emits `sentinel error`
 * (Error), again and again, and `sentinel ready` with each answer.
 */
export class MasterClient extends Redis {
  readonly #watch: MasterWatch

  constructor(address: SentinelAddress, options: Omit<RedisOptions, 'replyMapping'>) {
    super(options)
    this.#watch = new MasterWatch(address, {
      moved: () => this.disconnect(true),
      failed: error => this.emit('sentinel error', error),
      answered: () => this.emit('sentinel ready')
    })
  }

  /**
   * Between two connections ioredis tells nobody that this is the end, and takes what is to begin a new connection for the end of the one that it
   * makes: for good.
   */
  override disconnect(reconnect = false): void {
    this.off('ready', this.#renew)
    if (!reconnect) this.#watch.close()
    // What it finds now may yet be the former master.
    if (reconnect && !CONNECTED.has(this.status)) this.once('ready', this.#renew)
    else super.disconnect(reconnect)
  }

  readonly #renew = () => this.disconnect(true)
}
