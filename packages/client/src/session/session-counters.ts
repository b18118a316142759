/** What sessions have seen since they began. */
export interface SessionCounters {
  delivered: number
  duplicates: number
  gaps: number
  /** Times that something was missing on a live socket and was asked for again. */
  recoveries: number
  /** Sockets that were opened after the first one of a session. */
  reconnects: number
}

export const countersFromZero = (): SessionCounters => ({
  delivered: 0,
  duplicates: 0,
  gaps: 0,
  recoveries: 0,
  reconnects: 0
})
