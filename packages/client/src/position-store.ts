import type { Channel, Position } from '@tickstock/contracts'

/** A position in the log of each channel; what is left out has none. */
export type Positions = { readonly [Name in Channel]?: Position }

/** Where positions outlive a page or a process. What `save` throws is the application's uncaught error; events come on. What `load` throws ends the subscription. */
export interface PositionStore {
  /** What was saved last under a key. */
  load(key: string): Positions | undefined | Promise<Positions | undefined>
  /** Called with positions that the application's handlers are done with, a few times a second at most, never before the one before has settled. */
  save(key: string, positions: Positions): unknown
}
