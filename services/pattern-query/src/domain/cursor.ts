import { Type } from '@sinclair/typebox'
import { checkOf, Position, type Positions, raise } from '@tickstock/contracts'
import { fingerprintOf } from './fingerprint.ts'
import { type PatternSelection, selectionText } from './selection.ts'

/** Where a walk through pages stands: after which row, and since when the walk goes on. */
export interface Cursor {
  /** The page that it leads to, counted from 1. */
  readonly page: number
  /** What the last row was sorted by when the walk began: a number, or null where it was not known or the order is by symbol. */
  readonly value: number | null
  /** Pattern id of the last row. */
  readonly id: string
  /** Where each log stood at the first page of the walk. */
  readonly since: Positions
}

/** What a cursor says, as JSON: short, for it stands in every answer. */
const Place = Type.Tuple([
  Type.String(),
  Type.Integer({ minimum: 2 }),
  Type.Union([Type.Number(), Type.Null()]),
  Type.String()
])

const Since = Type.Tuple([Position, Position, Position])

const places = checkOf(Place)
const sinces = checkOf(Since)

/**
 * Text of a cursor, opaque to whoever gets it: place and positions, so that the latter, which many answers share, need not be written for each. It goes on with
 * the same selection only.
 *
 * @param since the cursor's, as {@link sinceText} says them
 */
export function writeCursor(
  { page, value, id }: Omit<Cursor, 'since'>,
  since: string,
  selection: PatternSelection,
  perPage: number
): string {
  return `${encoded(`["${walkOf(selection, perPage)}",${page},${value},${JSON.stringify(id)}]`)}.${since}`
}

/** The part of a cursor that says where each log stood. */
export const sinceText = ({ daily, intraday, combo }: Positions): string =>
  encoded(JSON.stringify([daily, intraday, combo]))

const encoded = (json: string): string => Buffer.from(json).toString('base64url')

/** @throws ProblemError invalid_request for what is no cursor, or one of another selection */
export function readCursor(text: string, selection: PatternSelection, perPage: number): Cursor {
  const [place = '', since = '', more] = text.split('.')
  const said = places.read(decoded(place))
  const positions = sinces.read(decoded(since))
  if (!said || !positions || more !== undefined) return refuseCursor('`next_cursor` of an answer')
  const [walk, page, value, id] = said
  const [daily, intraday, combo] = positions
  if (walk !== walkOf(selection, perPage)) return refuseCursor('a cursor of the same query')
  return { page, value, id, since: { daily, intraday, combo } }
}

/** @throws ProblemError invalid_request */
export const refuseCursor = (expected: string): never =>
  raise('invalid_request', `query.cursor: expected ${expected}`, [{ field: 'query.cursor', expected }])

const decoded = (text: string): string => Buffer.from(text, 'base64url').toString()

/** Which walk: the selection and the size of its pages. */
const walkOf = (selection: PatternSelection, perPage: number): string =>
  fingerprintOf(`${perPage}\n${selectionText(selection)}`)
