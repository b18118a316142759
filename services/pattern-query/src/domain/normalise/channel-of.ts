import { type Channel, isChannel } from '@tickstock/contracts'
import { type Shape, textOf } from './shape.ts'
import { UnreadableEventError } from './unreadable.ts'

const INTRADAY_BAR = /^\d{1,4}\s*(?:m|mins?|minutes?|h|hrs?|hours?)$|^hourly$/
const DAILY_BAR = /^(?:1\s*)?(?:d|day)$/

function channelNamed(text: string): Channel | undefined {
  const name = text.toLowerCase()
  if (isChannel(name)) return name
  if (INTRADAY_BAR.test(name)) return 'intraday'
  return DAILY_BAR.test(name) ? 'daily' : undefined
}

/**
 * The channel that an event itself names, for the ways in that name none: by `channel`, `tier`, `source` or `timeframe`, the pattern's own
 * before its envelope's.
 *
 * @throws UnreadableEventError channel
 */
export function channelOf({ layers, pattern }: Shape): Channel {
  for (const fields of [pattern, ...layers]) {
    for (const name of ['channel', 'tier', 'source', 'timeframe']) {
      const text = textOf(fields, name)
      const channel = text === undefined ? undefined : channelNamed(text)
      if (channel) return channel
    }
  }
  throw new UnreadableEventError(
    'channel',
    'neither channel, tier, source nor timeframe names daily, intraday or combo'
  )
}
