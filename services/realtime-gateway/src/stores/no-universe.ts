import { raise } from '@tickstock/contracts'
import type { Universe } from '../domain/universe.ts'

const refuse = async (): Promise<never> => raise('universe_unavailable', 'UNIVERSE_URL is not set here')

/** Where no user-universe is: what names something of it is refused. */
export const noUniverse: Universe = { watchlist: refuse, filter: refuse, sector: refuse }
