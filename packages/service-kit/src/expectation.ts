import type { FieldError } from '@tickstock/contracts'

/** More would help nobody, and a hostile body of 64 KiB can be wrong in 30,000 places. */
const MOST_FIELDS = 20

/** The parts of a JSON schema that a sentence can be made of. */
interface Describable {
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Describable[]
  readonly type?: string
  readonly description?: string
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly uniqueItems?: boolean
  readonly items?: Describable
  readonly properties?: Readonly<Record<string, Describable>>
}

/** An error of AJV; run with `verbose`, it carries the schema that refused. */
interface SchemaError {
  readonly instancePath: string
  readonly schemaPath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly parentSchema?: unknown
}

/**
 * What AJV refused, as one entry a field: where it is, and what would have been accepted. A union says its members
 * once, not one line for each.
 *
 * @param errors of an AJV with `verbose` and `allErrors`
 * @param part what stands before the field: `query`, `body` …; empty for none
 */
export function fieldErrors(errors: readonly SchemaError[], part: string): FieldError[] {
  const outermost = new Map<string, SchemaError>()
  for (const error of errors) {
    const field = fieldOf(error, part)
    const known = outermost.get(field)
    if (known ? error.schemaPath.length < known.schemaPath.length : outermost.size < MOST_FIELDS) {
      outermost.set(field, error)
    }
  }
  return Array.from(outermost, ([field, error]) => ({ field, expected: expectationOf(error) }))
}

function fieldOf({ keyword, instancePath, params }: SchemaError, part: string): string {
  const names = instancePath.split('/').slice(1).map(unescapePointer)
  if (keyword === 'required') names.push(String(params['missingProperty']))
  if (keyword === 'additionalProperties') names.push(String(params['additionalProperty']).slice(0, 64))
  return [part, ...names].filter(Boolean).join('.')
}

const unescapePointer = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~')

function expectationOf({ keyword, params, parentSchema }: SchemaError): string {
  const schema = isDescribable(parentSchema) ? parentSchema : {}
  if (keyword === 'additionalProperties') {
    return `not to be there; known here: ${Object.keys(schema.properties ?? {}).join(', ')}`
  }
  if (keyword === 'required') {
    return `${describe(schema.properties?.[String(params['missingProperty'])] ?? {})}; it is missing`
  }
  return describe(schema)
}

const isDescribable = (schema: unknown): schema is Describable => typeof schema === 'object' && schema !== null

/** What a schema accepts, in words. */
function describe(schema: Describable): string {
  if (schema.anyOf) return describeUnion(schema.anyOf)
  if (schema.enum) return `one of: ${schema.enum.join(', ')}`
  if (schema.const !== undefined) return String(schema.const)
  return DESCRIPTIONS[schema.type ?? '']?.(schema) ?? schema.description ?? 'something else'
}

function describeUnion(members: readonly Describable[]): string {
  if (members.every(({ const: literal }) => literal !== undefined)) {
    return `one of: ${members.map(({ const: literal }) => String(literal)).join(', ')}`
  }
  return members.map(describe).join(', or ')
}

const DESCRIPTIONS: Readonly<Record<string, (schema: Describable) => string>> = {
  number: schema => `a number${bounds(schema)}`,
  integer: schema => `an integer${bounds(schema)}`,
  boolean: () => 'true or false',
  null: () => 'null',
  string: describeText,
  array: describeList,
  object: ({ properties = {}, minProperties }) =>
    minProperties ? `an object with at least one of: ${Object.keys(properties).join(', ')}` : 'an object'
}

function bounds({ minimum, maximum }: Describable): string {
  const said = [minimum === undefined ? '' : `>= ${minimum}`, maximum === undefined ? '' : `<= ${maximum}`]
  const text = said.filter(Boolean).join(' and ')
  return text && ` ${text}`
}

function describeText({ format, pattern, description, minLength, maxLength }: Describable): string {
  if (format) return `a ${format}`
  const about = description ? ` (${description})` : ''
  const form = pattern === undefined ? '' : ` like ${pattern}`
  return `text${range(minLength, maxLength, 'characters')}${form}${about}`
}

function describeList({ items = {}, minItems, maxItems, uniqueItems }: Describable): string {
  return `a list${range(minItems, maxItems, 'items')}${uniqueItems ? ', each once' : ''}; an item is ${describe(items)}`
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  if (most === undefined) return least === undefined ? '' : ` of at least ${least} ${unit}`
  return least === undefined ? ` of at most ${most} ${unit}` : ` of ${least} to ${most} ${unit}`
}
