import { raise } from '@tickstock/contracts'
import type { Snapshots } from '../domain/snapshots.ts'

const next = async (): Promise<never> => raise('patterns_unavailable', 'PATTERNS_URL is not set here')

/** Where no pattern-query is: nobody knows what lives. */
export const noSnapshots: Snapshots = { pages: () => ({ [Symbol.asyncIterator]: () => ({ next }) }) }
