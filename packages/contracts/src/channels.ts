import { type Static, type TSchema, Type } from '@sinclair/typebox'

/** The log's channels, one stream each. A channel is the producer's tier of analysis. */
export const Channel = Type.Union([Type.Literal('daily'), Type.Literal('intraday'), Type.Literal('combo')], {
  description: 'Channel of the log'
})

export type Channel = Static<typeof Channel>

export const CHANNELS: readonly Channel[] = Channel.anyOf.map(({ const: name }) => name)

export const isChannel = (text: string): text is Channel => CHANNELS.some(channel => channel === text)

/** One `Value` for every channel. */
export type PerChannel<Value> = Readonly<Record<Channel, Value>>

export const PerChannel = <Value extends TSchema>(value: Value) =>
  Type.Object({ daily: value, intraday: value, combo: value })

export const perChannel = <Value>(make: (channel: Channel) => Value): PerChannel<Value> => ({
  daily: make('daily'),
  intraday: make('intraday'),
  combo: make('combo')
})
