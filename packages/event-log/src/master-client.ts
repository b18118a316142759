import { Redis, type RedisOptions } from 'ioredis'
import { MasterWatch, type SentinelAddress } from './master-watch.ts'

/** A client of the master that Sentinels name, which leaves it when they name another. */
export class MasterClient extends Redis {
  readonly #watch: MasterWatch

  constructor(address: SentinelAddress, options: Omit<RedisOptions, 'replyMapping'>) {
    super(options)
    this.#watch = new MasterWatch(address, () => this.disconnect(true))
  }

  /** Between two connections ioredis tells nobody that this is the end. */
  override disconnect(reconnect = false): void {
    if (!reconnect) this.#watch.close()
    super.disconnect(reconnect)
  }
}
