import { UnreadableEventError } from './unreadable.ts'

export type Fields = Readonly<Record<string, unknown>>

/** An event of a producer, told apart: who says it, and what is said. One and the same object where nothing is nested. */
export interface Shape {
  /** Outermost first. */
  readonly layers: readonly Fields[]
  readonly pattern: Fields
}

/** `data.data` is the deepest that any producer nests. */
const DEEPEST = 2

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Finds the pattern in an event whose `data` is nested once, twice or not at all: the innermost layer that names a symbol.
 *
 * @throws UnreadableEventError not_an_object, no_pattern
 */
export function shapeOf(value: unknown): Shape {
  if (!isFields(value)) throw new UnreadableEventError('not_an_object', 'an event is a JSON object')
  const layers: Fields[] = [value]
  for (let inner = value['data']; isFields(inner) && layers.length <= DEEPEST; inner = inner['data']) layers.push(inner)

  const pattern = layers.findLast(layer => Object.hasOwn(layer, 'symbol'))
  if (!pattern) throw new UnreadableEventError('no_pattern', 'neither the event nor its data names a symbol')
  return { layers, pattern }
}

/** The first text under any of the names, trimmed; undefined where there is none. */
export function textOf(fields: Fields, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields[name]
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return undefined
}
