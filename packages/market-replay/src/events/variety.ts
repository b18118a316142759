import type { TickStockEvent, TickStockPattern } from './tickstock-event.ts'

type Shape = (event: TickStockEvent) => object

const withData = (event: TickStockEvent, change: (data: TickStockPattern) => object): object => ({
  ...event,
  data: change(event.data)
})

const ms = (seconds: number) => Math.round(seconds * 1000)
const iso = (seconds: number) => new Date(ms(seconds)).toISOString()

/**
 * The shapes that releases of TickStockPL have published, each saying the same. What is lost in the last one is the
 * indicators alone.
 */
export const SHAPES = {
  current: event => event,
  nested_twice: event => ({ ...event, data: { event_type: event.event_type, data: event.data } }),
  not_nested: ({ data, ...envelope }) => ({ ...data, ...envelope, timestamp: data.timestamp, source: data.source }),
  pattern_name: event => withData(event, ({ pattern, ...rest }) => ({ ...rest, pattern_name: pattern })),
  milliseconds: event => ({
    ...withData(event, data => ({ ...data, timestamp: ms(data.timestamp), expires_at: ms(data.expires_at) })),
    timestamp: ms(event.timestamp)
  }),
  iso_text: event => ({
    ...withData(event, data => ({ ...data, timestamp: iso(data.timestamp), expires_at: iso(data.expires_at) })),
    timestamp: iso(event.timestamp)
  }),
  upper_case: event =>
    withData(event, ({ source, ...data }) => ({
      ...data,
      tier: source.toUpperCase(),
      timeframe: data.timeframe.toUpperCase()
    })),
  no_indicators: event => withData(event, ({ indicators: _, ...data }) => data)
} as const satisfies Record<string, Shape>

const ROTATION: readonly Shape[] = Object.values(SHAPES)

/** The event in the shape whose turn it is. */
export const varied = (event: TickStockEvent, turn: number): object => {
  const shape = ROTATION[turn % ROTATION.length] ?? SHAPES.current
  return shape(event)
}
