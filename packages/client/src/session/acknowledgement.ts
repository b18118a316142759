import type { Position } from '@tickstock/contracts'
import { isBeyond } from './position-order.ts'

/** What of a subscription the server was told to keep, and what it keeps. */
export class Acknowledgement {
  /** The server keeps this, on every instance, as far as is known. */
  kept: Position | undefined
  /** Said on the socket in use. */
  said: Position | undefined

  /** Whether this is news to the server. */
  lacks(position: Position): boolean {
    return this.said === undefined || isBeyond(position, this.said)
  }

  /** On a new socket all that was not confirmed is to be said again. */
  begin(): void {
    this.said = this.kept
  }
}
