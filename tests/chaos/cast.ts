import { CHANNELS, type EventFilter } from '@tickstock/contracts'
import type { Role } from './clients/role.ts'
import type { UserLists } from './editor.ts'
import { MARKER, PATTERNS, SYMBOLS } from './producer-events.ts'
import type { Randomness } from './randomness.ts'

/** Subscribers of every kind, as the seed decides. The first are one of each, so that none is missing however few they are. */
export function castOf(random: Randomness, count: number): Role[] {
  return Array.from({ length: count }, (_, n) => {
    const role = random.fork(n)
    const habits = ['stays', 'reloads', 'acknowledges'] as const
    const habit = n < habits.length ? (habits[n] ?? 'stays') : role.pick(habits)
    const slow = n % 6 === 3
    const name = `${habit}-${n}`
    const channels = role.chance(0.5) ? [...CHANNELS] : role.sample(CHANNELS, role.between(1, 2))
    const by = n % 5 === 4 && habit === 'stays' ? 'plain' : 'sdk'
    const filter = n % 4 === 0 ? {} : filterOf(role)
    const start = habit === 'acknowledges' || role.chance(0.7) ? 'now' : 'scan'
    return {
      name,
      user: name,
      by,
      network: slow ? ('slow' as const) : n % 2 === 0 ? ('faulty' as const) : ('direct' as const),
      subscriptions: [{ channels: by === 'plain' ? channels.slice(0, 1) : channels, filter, start }],
      habit,
      paceMs: n === 1 || n === 2 || n % 6 === 5 ? role.between(1, 5) : 0
    }
  })
}

/** Several subscriptions a connection, most of which follow a list of the user; edits make some of them equal, and unequal again. */
export function followersOf({ user, core, watchlist, filter }: UserLists): Role[] {
  const all = [...CHANNELS]
  const list = { watchlist: watchlist.id }
  const saved = { filter: filter.id }
  /** Equal to the whole list when that has its core alone. */
  const part = { ...list, symbols: [...core, MARKER] }
  const of = (name: string) => ({ name: `${user}-${name}`, user, paceMs: 0 })
  return [
    {
      ...of('switches'),
      by: 'plain',
      network: 'faulty',
      habit: 'switches',
      subscriptions: [
        { channels: all, filter: list, start: 'now' },
        { channels: all, filter: part, start: 'now' },
        { channels: all, filter: saved, start: 'now' },
        { channels: ['daily'], filter: list, start: 'now' },
        { channels: ['daily'], filter: { ...list, confidence_min: 0.6 }, start: 'now' },
        { channels: ['daily'], filter: { symbols: [...core] }, start: 'now' }
      ]
    },
    {
      ...of('follows'),
      by: 'sdk',
      network: 'direct',
      habit: 'stays',
      subscriptions: [
        { channels: all, filter: list, start: 'now' },
        { channels: ['daily', 'combo'], filter: part, start: 'scan' },
        { channels: all, filter: saved, start: 'now' },
        { channels: ['intraday'], filter: saved, start: 'now' }
      ]
    },
    {
      ...of('shows'),
      by: 'sdk',
      network: 'faulty',
      habit: 'stays',
      subscriptions: [
        { channels: ['daily'], filter: saved, start: 'snapshot' },
        { channels: ['combo'], filter: list, start: 'snapshot' },
        { channels: ['intraday'], filter: { symbols: [...core], confidence_min: 0.7, rs_min: 1 }, start: 'snapshot' },
        { channels: ['daily'], filter: { confidence_min: 0.9 }, start: 'snapshot' }
      ]
    },
    {
      ...of('reloads'),
      by: 'sdk',
      network: 'slow',
      habit: 'reloads',
      subscriptions: [
        { channels: ['daily'], filter: list, start: 'now' },
        { channels: ['daily'], filter: part, start: 'now' }
      ]
    }
  ]
}

function filterOf(random: Randomness): EventFilter {
  return {
    ...(random.chance(0.5) && { symbols: random.sample(SYMBOLS, random.between(1, 20)) }),
    ...(random.chance(0.3) && { pattern_types: random.sample(PATTERNS, random.between(1, 4)) }),
    ...(random.chance(0.3) && { confidence_min: random.between(40, 90) / 100 }),
    ...(random.chance(0.2) && { rs_min: random.between(0, 20) / 10 }),
    ...(random.chance(0.2) && { vol_min: random.between(0, 30) / 10 })
  }
}

/** A crowd of plain clients: equal filters are many, as they are in the world. */
export function crowdOf(size: number): Role[] {
  const filters = [
    {},
    { confidence_min: 0.8 },
    { pattern_types: ['Doji', 'Hammer'] },
    { symbols: ['CH1', 'CH2', 'CH3'] }
  ]
  return Array.from({ length: size }, (_, n) => ({
    name: `crowd-${n}`,
    user: `crowd-${n}`,
    by: 'plain',
    network: 'direct',
    subscriptions: [
      { channels: [CHANNELS[n % CHANNELS.length] ?? 'daily'], filter: filters[n % filters.length] ?? {}, start: 'now' }
    ],
    habit: 'stays',
    paceMs: 0
  }))
}
