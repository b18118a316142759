import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { table, whole } from '../load/table.ts'
import type { Outcome } from './run-scenario.ts'
import type { Size } from './size.ts'

export interface Run {
  readonly seed: number
  readonly size: Size
  readonly outcomes: readonly Outcome[]
  /** There are scenarios that it did not come to. */
  readonly interrupted?: boolean
}

export const isSound = ({ findings, failure }: Outcome): boolean => findings.length === 0 && failure === undefined

/** The run as a table, and below it what was found. */
export function summary({ seed, size, outcomes }: Run): string {
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0)
  const row = (name: string, of: (value: (outcome: Outcome) => number) => number, verdict: string) => [
    name,
    whole(of(({ seconds }) => seconds)),
    whole(of(({ published }) => published)),
    whole(of(({ entries }) => entries)),
    whole(of(({ subscriptions }) => subscriptions)),
    whole(of(({ edits }) => edits)),
    whole(of(({ reconnects }) => reconnects)),
    whole(of(({ delivered }) => delivered)),
    whole(of(({ gaps }) => gaps)),
    whole(of(({ findings }) => findings.reduce((total, { events }) => total + Math.max(1, events), 0))),
    verdict
  ]
  const rows = outcomes.map(outcome =>
    row(outcome.scenario, value => value(outcome), isSound(outcome) ? 'ok' : 'FAILED')
  )
  const failed = outcomes.filter(outcome => !isSound(outcome))
  const total = row('all', sum, failed.length === 0 ? 'ok' : 'FAILED')
  const heads = [
    '',
    's',
    'published',
    'in the log',
    'subscriptions',
    'edits',
    'reconnects',
    'delivered',
    'gaps told',
    'unexplained',
    ''
  ]
  return [
    table(heads, [...rows, total]),
    '',
    ...failed.flatMap(detailsOf),
    `seed ${seed}, ${size.full ? 'full' : 'short'} form`
  ].join('\n')
}

/** Findings told of a scenario; the report has all. */
const MOST_TOLD = 20

function detailsOf({ scenario, findings, failure }: Outcome): string[] {
  const told = findings.slice(0, MOST_TOLD).map(({ kind, whose, detail }) => `  ${kind}: ${whose}: ${detail}`)
  const rest = findings.length > MOST_TOLD ? [`  … and ${findings.length - MOST_TOLD} more`] : []
  return [`${scenario}:`, ...(failure === undefined ? [] : [`  ${failure}`]), ...told, ...rest, '']
}

export async function writeReport(file: string, run: Run): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(run, undefined, 2)}\n`)
}
