/**
 * What became of the events that a subscription with a name was sent: sent = acknowledged + gap-signalled + in flight, at every moment. Those in flight when its
 * socket goes are `returned`: whoever resumes is sent them again.
 */
export interface DeliveryLedger {
  /** So many events were handed to the socket, the last of them at this offset. */
  sent(events: number, last: number): void
  /** The log began anew, or was left behind: what is in flight cannot be acknowledged any more. */
  gapSignalled(): void
  /** Everything up to here was taken care of. */
  acknowledged(offset: number): void
  /** The socket is gone. */
  returned(): void
}

/** A ledger that also follows the cursor. */
export interface CursorLedger extends DeliveryLedger {
  /** Everything up to here was considered: what matched was handed over. */
  considered(offset: number): void
}
