import type { Channel } from '@tickstock/contracts'

/** An event ready to leave. */
export interface Outgoing {
  readonly channel: Channel
  /** The event as JSON. */
  readonly payload: string
}

/** Where events go. */
export interface Publisher {
  /**
   * Hands events over in their order and waits until Redis has answered for each.
   *
   * @returns how many subscribers each reached, in the same order; undefined where the way in is durable and
   * nobody needs to listen
   * @throws if Redis did not answer for all: some may have been taken, so repeating may duplicate (consumers know
   * an event by its flow_id)
   */
  publish(batch: readonly Outgoing[]): Promise<readonly (number | undefined)[]>
}
