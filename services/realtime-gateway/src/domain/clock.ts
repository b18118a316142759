/** The two clocks of a machine, in ms. */
export interface Clock {
  /** Never jumps and means nothing elsewhere: ages, rates, and when something is due. */
  readonly now: () => number
  /** Since 1970, as the machine believes, which may be put forward or back at any moment: tokens, and what is said to others. */
  readonly time: () => number
}
