import { FormatRegistry, KindGuard, type TSchema, type TString } from '@sinclair/typebox'

/**
 * Whether a text is as long as it may be, in code points. JSON Schema counts these, and so do AJV and Postgres: an emoji is one character. TypeBox alone
 * counts UTF-16 units, of which an emoji has two.
 */
function hasLength(text: string, least: number, most: number): boolean {
  // A text has at least half as many code points as units, and no more.
  if (text.length >= 2 * least && text.length <= most) return true
  const points = [...text].length
  return points >= least && points <= most
}

/** The same schema for TypeBox, whose own count of characters is left out: a format that counts code points takes its place. */
export function countingCodePoints<Schema extends TSchema>(schema: Schema): Schema
export function countingCodePoints(part: object): object
export function countingCodePoints(part: object): object {
  if (KindGuard.IsString(part)) return textOf(part)
  if (Array.isArray(part)) return part.map(counted)
  return Object.fromEntries(Reflect.ownKeys(part).map(name => [name, counted(Reflect.get(part, name))]))
}

const counted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? countingCodePoints(value) : value

function textOf(schema: TString): object {
  const { minLength, maxLength, format, ...rest } = schema
  if (minLength === undefined && maxLength === undefined) return schema
  const least = minLength ?? 0
  const most = maxLength ?? Number.POSITIVE_INFINITY
  // It is what a fault says: expected string to match '…' format.
  const name = `${format === undefined ? '' : `${format}, `}${least} to ${most} characters`
  FormatRegistry.Set(
    name,
    text => hasLength(text, least, most) && (format === undefined || FormatRegistry.Get(format)?.(text) === true)
  )
  return { ...rest, format: name }
}
