import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Bar, DAY_MS } from './bar.ts'
import { BarsError } from './bars-error.ts'
import { parseBars } from './parse-bars.ts'

/** One symbol's file of bars. */
export interface BarsFile {
  /** Upper case, from the file's name: `brk.b.csv` is `BRK.B`. */
  readonly symbol: string
  readonly bars: readonly Bar[]
}

const SYMBOL = /^[A-Z^][A-Z0-9.\-^]{0,11}$/

/**
 * Reads a folder of daily bars, one CSV file a symbol, named after it.
 *
 * @throws BarsError on a file that cannot be understood, is not daily or is not named after a symbol, and if the
 * folder holds no CSV at all
 */
export function readBarsFolder(folder: string): BarsFile[] {
  return filesOf(folder).map(name => readBarsFile(folder, name))
}

/**
 * The symbols that a folder of daily bars has, by the names of its files.
 *
 * @throws BarsError as readBarsFolder does for the folder and the names
 */
export function symbolsOfFolder(folder: string): string[] {
  return filesOf(folder).map(symbolOf)
}

function filesOf(folder: string): string[] {
  const files = readdirSync(folder)
    .filter(name => name.toLowerCase().endsWith('.csv'))
    .sort()
  if (files.length === 0) throw new BarsError(folder, 0, 'folder', 'there is no .csv file in it')
  return files
}

function symbolOf(name: string): string {
  const symbol = basename(name, name.slice(-4)).toUpperCase()
  if (!SYMBOL.test(symbol)) throw new BarsError(name, 0, 'file name', 'is not a ticker symbol')
  return symbol
}

function readBarsFile(folder: string, name: string): BarsFile {
  const symbol = symbolOf(name)
  const bars = parseBars(readFileSync(join(folder, name), 'utf8'), name)
  const close = bars.findIndex((bar, at) => bar.time - (bars[at - 1]?.time ?? Number.NEGATIVE_INFINITY) < DAY_MS / 2)
  if (close >= 0)
    throw new BarsError(name, close + 2, 'time', 'less than a day after the bar before it: daily bars are wanted')
  return { symbol, bars }
}
