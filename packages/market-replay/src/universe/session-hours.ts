const NEW_YORK = new Intl.DateTimeFormat('en-US', { timeZone: 'America/New_York', hour: 'numeric', hourCycle: 'h23' })

const HOUR_MS = 3_600_000

/**
 * When the New York session of a date opens (09:30 there, daylight saving time observed), ms. `date` is that day at
 * 00:00 UTC.
 */
export function sessionOpen(date: number): number {
  const noon = date + 12 * HOUR_MS
  const behind = 12 - Number(NEW_YORK.format(noon))
  return date + (9.5 + behind) * HOUR_MS
}
