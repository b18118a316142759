import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Bar } from './bar.ts'
import { parseBars } from './parse-bars.ts'

/** The S&P 500 index, as listings and events name it. */
export const INDEX_SYMBOL = 'SPX'
export const INDEX_NAME = 'S&P 500 Index'

/**
 * The real daily bars of the S&P 500 index, 2000-01-03 to 2020-04-17 (5,105 of them), read from the `vega-datasets`
 * dependency:
 * the source states no licence, so the figures stay where they were published.
 */
export function readIndexBars(): Bar[] {
  const entry = import.meta.resolve('vega-datasets')
  const file = fileURLToPath(new URL('../data/sp500-2000.csv', entry))
  return parseBars(readFileSync(file, 'utf8'), 'sp500-2000.csv')
}
