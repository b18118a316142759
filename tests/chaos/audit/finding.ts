/** What an audit can find. Each is a broken promise. */
const FINDINGS = [
  /** Matched, and neither came nor was told as lost. */
  'missing',
  /** Came again, or after something newer. */
  'doubled',
  /** Came, and is not in the log as it came. */
  'foreign',
  /** Came, and does not match. */
  'leaked',
  /** Went on in another epoch, or beyond where it stood, without a word. */
  'jumped',
  /** Was told of a gap that nothing in this scenario explains. */
  'causeless_gap',
  /** Was told that more is lost than is. */
  'oversized_gap',
  /** Never came to the end of the log. */
  'unfinished',
  /** A producer was told that it is durable, and it is not in the log. */
  'not_durable',
  /** Stands in one epoch of the log more than once. */
  'logged_twice',
  /** The log is not dense, an offset changed its meaning, or an entry says otherwise what its event changed. */
  'log_broken',
  /** The gateway's accounts of what it handed over do not add up, or are not those of its clients. */
  'ledger',
  /** A subscription uses a version of its list that is older than one that it must know. */
  'stale_selection',
  /** An edit of a list was lost, or made twice. */
  'lost_edit',
  /** Came, and was said to change something else for the filter than it does. */
  'wrong_change',
  /** The patterns of a subscription that began with a snapshot are not those that the log says are live. */
  'wrong_patterns',
  /** A server said what the protocol does not allow. */
  'protocol',
  /** A position that was kept of a user went back. */
  'withdrawn',
  /** A metric does not say what happened. */
  'miscounted',
  /** What the scenario is there to bring about did not come about: it has shown nothing. */
  'toothless',
  /** A service ended by itself. */
  'died'
] as const

export interface Finding {
  readonly kind: (typeof FINDINGS)[number]
  /** Who suffered it: a subscriber and channel, a gateway, the log. */
  readonly whose: string
  readonly detail: string
  /** Events that it is about. */
  readonly events: number
}
