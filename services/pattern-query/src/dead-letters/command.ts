import type { Writable } from 'node:stream'
import type { KeptLetter, KeptLetters } from '../stores/kept-letters.ts'
import { jsonOf, lineOf, pageOf } from './letter-text.ts'
import type { DeadLettersOptions, ListOptions, ReplayOptions, ShowOptions } from './options.ts'

export interface Output {
  readonly out: Pick<Writable, 'write'>
  /** For what is said about it. */
  readonly err: Pick<Writable, 'write'>
}

/** @returns the exit code: 1 where a letter was not there, or could not be replayed */
export async function runDeadLetters(
  letters: KeptLetters,
  options: DeadLettersOptions,
  output: Output
): Promise<number> {
  switch (options.command) {
    case 'list':
      return list(letters, options, output)
    case 'show':
      return show(letters, options, output)
    case 'replay':
      return replay(letters, options, output)
  }
}

async function list(
  letters: KeptLetters,
  { filter, limit, before, json }: ListOptions,
  { out, err }: Output
): Promise<number> {
  let last: KeptLetter | undefined
  let listed = 0
  for await (const letter of letters.newest(filter, before)) {
    if (listed === limit) {
      err.write(`More: --before ${last?.id}\n`)
      return 0
    }
    out.write(`${json ? jsonOf(letter) : lineOf(letter)}\n`)
    listed += 1
    last = letter
  }
  err.write(`${listed} of ${await letters.count()} dead letters\n`)
  return 0
}

async function show(letters: KeptLetters, { id, as }: ShowOptions, { out, err }: Output): Promise<number> {
  const letter = await letters.get(id)
  if (!letter) return missing(id, err)
  if (as === 'raw') out.write(letter.payload)
  else out.write(`${as === 'json' ? jsonOf(letter) : pageOf(letter)}\n`)
  return 0
}

async function replay(letters: KeptLetters, { ids, filter, dryRun }: ReplayOptions, { err }: Output): Promise<number> {
  let replayed = 0
  let left = 0
  for await (const page of ids.length > 0 ? named(letters, ids) : letters.pages(filter)) {
    const whole = page.filter(
      (letter): letter is KeptLetter => typeof letter !== 'string' && letter.truncated === undefined
    )
    for (const letter of page) {
      if (typeof letter === 'string') missing(letter, err)
      else if (letter.truncated !== undefined) {
        err.write(`${letter.id} was cut at 64 KiB of ${letter.truncated} bytes: it cannot be replayed\n`)
      }
    }
    if (!dryRun) await letters.replay(whole)
    replayed += whole.length
    left += page.length - whole.length
    if (whole.length > 0) err.write(`${replayed} ${dryRun ? 'would be replayed' : 'replayed'}\n`)
  }
  if (replayed + left === 0) err.write('No dead letters are meant\n')
  if (left > 0) err.write(`${left} not replayed\n`)
  return left > 0 ? 1 : 0
}

/** The letters of these ids; the id alone of one that is not there. */
async function* named(letters: KeptLetters, ids: readonly string[]): AsyncGenerator<readonly (KeptLetter | string)[]> {
  for (const id of new Set(ids)) yield [(await letters.get(id)) ?? id]
}

function missing(id: string, err: Output['err']): number {
  err.write(`There is no dead letter ${id}: it was replayed, or is older than those that are kept\n`)
  return 1
}
