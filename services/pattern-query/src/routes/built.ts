import { raise } from '@tickstock/contracts'
import type { Freshness } from '../domain/freshness.ts'

/** @throws ProblemError not_ready before the view is built */
export const builtOnly = (freshness: Freshness): Freshness => (freshness.built ? freshness : notBuilt())

export const notBuilt = (): never => raise('not_ready', 'The live patterns are being read')
