import { KindGuard, type Static, type TSchema } from '@sinclair/typebox'
import fc from 'fast-check'

/** Values that a schema allows, made from the schema itself. The value is not checked here: that is what the tests do. */
export function arbitraryOf<Schema extends TSchema>(schema: Schema): fc.Arbitrary<Static<Schema>> {
  return anything(schema)
}

function anything(schema: TSchema): fc.Arbitrary<unknown> {
  if (KindGuard.IsUnion(schema)) return fc.oneof(...schema.anyOf.map(anything))
  if (KindGuard.IsLiteral(schema)) return fc.constant(schema.const)
  if (KindGuard.IsNull(schema)) return fc.constant(null)
  if (KindGuard.IsBoolean(schema)) return fc.boolean()
  if (KindGuard.IsString(schema)) return text(schema)
  if (KindGuard.IsInteger(schema))
    return fc.integer({ min: schema.minimum ?? -1e9, max: Math.min(schema.maximum ?? 2e9, 2e9) })
  if (KindGuard.IsNumber(schema)) return number(schema)
  if (KindGuard.IsArray(schema)) {
    return fc.array(anything(schema.items), {
      minLength: schema.minItems ?? 0,
      maxLength: Math.min(schema.maxItems ?? 5, 5)
    })
  }
  if (KindGuard.IsRecord(schema)) {
    const { minProperties: minKeys = 0, maxProperties: maxKeys = 10 } = schema
    const values = anything(Object.values(schema.patternProperties)[0] ?? schema)
    return fc.dictionary(fc.string({ minLength: 1 }), values, { minKeys, maxKeys })
  }
  if (KindGuard.IsObject(schema)) return object(schema.properties)
  if (KindGuard.IsUnknown(schema)) return fc.jsonValue({ maxDepth: 2 })
  throw new Error(`no values are known for ${JSON.stringify(schema)}`)
}

function text({
  format,
  pattern,
  minLength = 0,
  maxLength = 20
}: {
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
}) {
  if (format === 'uuid') return fc.uuid()
  if (pattern === undefined) return fc.string({ minLength, maxLength: Math.min(maxLength, 20) })
  // Texts are not made by what they must have ahead: those that lack it are dropped.
  return fc
    .stringMatching(new RegExp(pattern.replaceAll(/\(\?=[^)]*\)/g, '')))
    .filter(value => value.length >= minLength && value.length <= maxLength && new RegExp(pattern).test(value))
}

const number = ({ minimum = -1e6, maximum = 1e6 }: { minimum?: number; maximum?: number }) =>
  fc.double({ min: minimum, max: maximum, noNaN: true }).map(value => (Object.is(value, -0) ? 0 : value))

const object = (properties: Record<string, TSchema>) => {
  const entries = Object.entries(properties)
  return fc.record(Object.fromEntries(entries.map(([name, schema]) => [name, anything(schema)])), {
    requiredKeys: entries.filter(([, schema]) => !KindGuard.IsOptional(schema)).map(([name]) => name)
  })
}
