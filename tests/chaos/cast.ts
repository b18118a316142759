import { CHANNELS, type EventFilter } from '@tickstock/contracts'
import type { Role } from './clients/role.ts'
import { PATTERNS, SYMBOLS } from './producer-events.ts'
import type { Randomness } from './randomness.ts'

/** Subscribers of every kind, as the seed decides. The first are one of each, so that none is missing however few they are. */
export function castOf(random: Randomness, count: number): Role[] {
  return Array.from({ length: count }, (_, n) => {
    const role = random.fork(n)
    const habits = ['stays', 'reloads', 'acknowledges'] as const
    const habit = n < habits.length ? (habits[n] ?? 'stays') : role.pick(habits)
    const slow = n % 6 === 3
    return {
      name: `${habit}-${n}`,
      by: n % 5 === 4 && habit === 'stays' ? ('plain' as const) : ('sdk' as const),
      network: slow ? ('slow' as const) : n % 2 === 0 ? ('faulty' as const) : ('direct' as const),
      channels: role.chance(0.5) ? [...CHANNELS] : role.sample(CHANNELS, role.between(1, 2)),
      filter: n % 4 === 0 ? {} : filterOf(role),
      start: habit === 'acknowledges' || role.chance(0.7) ? ('now' as const) : ('scan' as const),
      habit,
      paceMs: n === 1 || n === 2 || n % 6 === 5 ? role.between(1, 5) : 0
    }
  })
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
    by: 'plain',
    network: 'direct',
    channels: [CHANNELS[n % CHANNELS.length] ?? 'daily'],
    filter: filters[n % filters.length] ?? {},
    start: 'now',
    habit: 'stays',
    paceMs: 0
  }))
}
