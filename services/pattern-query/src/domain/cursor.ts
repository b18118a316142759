import { type Static, Type } from '@sinclair/typebox'
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
const Content = Type.Tuple([
  Type.String(),
  Type.Integer({ minimum: 2 }),
  Type.Union([Type.Number(), Type.Null()]),
  Type.String(),
  Position,
  Position,
  Position
])

const content = checkOf(Content)

/** Text of a cursor, opaque to whoever gets it. It goes on with the same selection only. */
export function writeCursor({ page, value, id, since }: Cursor, selection: PatternSelection, perPage: number): string {
  const { daily, intraday, combo } = since
  const place = `"${walkOf(selection, perPage)}",${page},${value},${JSON.stringify(id)}`
  return Buffer.from(`[${place},${positionJson(daily)},${positionJson(intraday)},${positionJson(combo)}]`).toString(
    'base64url'
  )
}

const positionJson = ({ epoch, offset }: Position): string => `{"epoch":${JSON.stringify(epoch)},"offset":${offset}}`

/** @throws ProblemError invalid_request for what is no cursor, or one of another selection */
export function readCursor(text: string, selection: PatternSelection, perPage: number): Cursor {
  const said = contentOf(text)
  if (!said) return refuseCursor('`next_cursor` of an answer')
  const [walk, page, value, id, daily, intraday, combo] = said
  if (walk !== walkOf(selection, perPage)) return refuseCursor('a cursor of the same query')
  return { page, value, id, since: { daily, intraday, combo } }
}

/** @throws ProblemError invalid_request */
export const refuseCursor = (expected: string): never =>
  raise('invalid_request', `query.cursor: expected ${expected}`, [{ field: 'query.cursor', expected }])

function contentOf(text: string): Static<typeof Content> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return content.accepts(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Which walk: the selection and the size of its pages. */
const walkOf = (selection: PatternSelection, perPage: number): string =>
  fingerprintOf(`${perPage}\n${selectionText(selection)}`)
