import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { KindGuard, type TSchema, Type } from '@sinclair/typebox'
import * as contracts from '@tickstock/contracts'
import { temporaryFolder } from '@tickstock/test-kit'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { arbitraryOf } from '../../../contracts/test/arbitrary.ts'
import type { LightCheck } from '../../src/runtime/checks.ts'
import { valuesModule } from '../../src/values-module.ts'
import { mutated } from './mutated.ts'

const checks = new URL('../../src/runtime/checks.ts', import.meta.url).href

/** What a browser has instead of these. */
async function lightOf(t: Test, schemas: Readonly<Record<string, unknown>>): Promise<Record<string, LightCheck>> {
  const file = join(await temporaryFolder(t), 'values.mjs')
  await writeFile(file, valuesModule([schemas], checks))
  return import(pathToFileURL(file).href)
}

/** Every schema of the contracts, and every answer of a route. */
function schemasOfContracts(): Record<string, TSchema> {
  const found: Record<string, TSchema> = {}
  for (const [name, value] of Object.entries<unknown>(contracts)) {
    if (KindGuard.IsSchema(value)) found[name] = value
    if (typeof value !== 'object' || value === null || !('url' in value && 'schema' in value)) continue
    const { response } = Object(value.schema)
    for (const [status, answer] of Object.entries<unknown>(response)) {
      if (KindGuard.IsSchema(answer)) found[`${name}_${status}`] = answer
    }
  }
  return found
}

t.test('the light checks accept what TypeBox accepts, of valid and of spoilt values of every contract', async t => {
  const schemas = schemasOfContracts()
  const light = await lightOf(t, schemas)
  t.ok(Object.keys(schemas).length > 100)
  let refused = 0

  for (const [name, schema] of Object.entries(schemas)) {
    const { accepts } = contracts.checkOf(schema)
    const values = arbitraryOf(schema)
    const check = light[name]
    fc.assert(
      fc.property(fc.oneof(values, mutated(values), mutated(mutated(values))), given => {
        const value: unknown = JSON.parse(JSON.stringify(given) ?? 'null')
        const fault = check?.(value)
        if (fault !== undefined) refused += 1
        return (fault === undefined) === accepts(value)
      }),
      { numRuns: 60 }
    )
  }
  t.ok(refused > 1000)
})

t.test('bounds, patterns and sets hold as the schema says', async t => {
  const schemas = {
    names: Type.Array(Type.String(), { minItems: 1, maxItems: 3, uniqueItems: true }),
    text: Type.String({ minLength: 2, maxLength: 3 }),
    upper: Type.String({ pattern: '^[A-Z/]+$' }),
    id: Type.String({ format: 'uuid' }),
    share: Type.Number({ minimum: 0, maximum: 1 }),
    count: Type.Integer({ minimum: 1 }),
    strict: Type.Object({ a: Type.Optional(Type.Null()) }, { additionalProperties: false, minProperties: 1 }),
    rest: Type.Object({ a: Type.Unknown() }, { additionalProperties: Type.Number() }),
    byName: Type.Record(Type.String({ pattern: '^x' }), Type.Boolean(), { maxProperties: 1 })
  }
  const light = await lightOf(t, schemas)
  const values: unknown[] = [
    ...[
      [],
      ['a'],
      ['a', 'a'],
      ['a', 'b', 'c', 'd'],
      'a',
      'ab',
      'abcd',
      'A/B',
      'a/b',
      '6f1c1d5e-3a53-4d0c-9d2b-0a4a4f1c7e11'
    ],
    ...[-1, 0, 0.5, 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, null, true, undefined, {}, { a: null }, { a: 1 }],
    ...[{ b: 1 }, { a: null, b: 1 }, { a: null, b: 'x' }, { x: true }, { x: 1 }, { y: 1 }, { x: true, xx: true }]
  ]
  for (const [name, schema] of Object.entries(schemas)) {
    const { accepts } = contracts.checkOf(schema)
    for (const value of values)
      t.equal(light[name]?.(value) === undefined, accepts(value), `${name} ${JSON.stringify(value)}`)
  }
})

t.test('the path of what is wrong is told', async t => {
  const { at } = await lightOf(t, { at: Type.Object({ a: Type.Array(Type.Object({ b: Type.Number() })) }) })
  t.equal(at?.({ a: [{ b: 1 }, { b: '1' }] }), '/a/1/b')
  t.equal(at?.({ a: [{}] }), '/a/0/b')
  t.equal(at?.(1), '')
})

t.test('a schema that there is no light check for breaks the build', async t => {
  t.throws(() => valuesModule([{ date: Type.Date() }], checks), /no light check/)
  t.throws(
    () => valuesModule([{ time: Type.String({ format: 'date-time' }) }], checks),
    /no light check is known for a date-time/
  )
})
