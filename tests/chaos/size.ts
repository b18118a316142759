/** How large a run is. */
export interface Size {
  readonly full: boolean
  readonly subscribers: number
  /** Events a second, over all channels. */
  readonly rate: number
  /** The same where there is a crowd, each of whom receives them. */
  readonly crowdRate: number
  /** Deliveries after which a scenario may end. */
  readonly deliveries: number
  /** Clients of the crowd. */
  readonly crowd: number
  /** Users whose lists are edited and followed. */
  readonly users: number
  /** Until everybody must have everything once all is mended, ms. */
  readonly settleWithin: number
}

/** For CI: every kind of fault, in a minute and a half on a busy machine. */
export const SHORT: Size = {
  full: false,
  subscribers: 12,
  rate: 100,
  crowdRate: 30,
  deliveries: 500,
  crowd: 200,
  users: 1,
  settleWithin: 45_000
}

/** A million deliveries and more over all scenarios. */
export const FULL: Size = {
  full: true,
  subscribers: 40,
  rate: 250,
  crowdRate: 10,
  deliveries: 60_000,
  crowd: 5_000,
  users: 4,
  settleWithin: 180_000
}

/** For hours: as many as leave the machine room for what is killed and started. */
export const LONG: Size = {
  full: false,
  subscribers: 12,
  rate: 80,
  crowdRate: 0,
  deliveries: 0,
  crowd: 0,
  users: 2,
  settleWithin: 120_000
}
