import { type Static, Type } from '@sinclair/typebox'

const text = (description: string) => Type.String({ description })

/** A pattern as the row of existing TickStock dashboards shows it: texts, ready to print; `-` for what is not known. */
export const DisplayRow = Type.Object({
  symbol: text('AAPL'),
  pattern: text('Short name of the pattern: WeeklyBO, BullFlag, Doji …'),
  conf: Type.Number({ description: 'Confidence, 0 to 1, two decimals' }),
  rs: text('Relative strength: 1.4x'),
  vol: text('Relative volume: 2.1x'),
  price: text('$150.25'),
  chg: text('Change of the price: +2.3%'),
  time: text('Age of the detection: 15m'),
  exp: text('Time to the expiry: 4h'),
  source: text('Channel: daily, intraday, combo')
})

export type DisplayRow = Static<typeof DisplayRow>
