import { type TSchema, Type } from '@sinclair/typebox'
import t from 'tap'
import { fieldErrors } from '../src/expectation.ts'
import { createAjv } from '../src/validator.ts'

const faults = (schema: TSchema, value: unknown) => {
  const validate = createAjv({ coerce: false }).compile(schema)
  validate(value)
  return fieldErrors(validate.errors ?? [], 'body')
}
const expectedOf = (schema: TSchema, value: unknown) =>
  faults(Type.Object({ it: schema }), { it: value }).map(({ field, expected }) => `${field} ${expected}`)

t.test('each kind of schema says what it takes', async t => {
  const cases: readonly (readonly [TSchema, unknown, string])[] = [
    [Type.Number({ maximum: 1 }), 2, 'a number <= 1'],
    [Type.Number({ minimum: 0, maximum: 1 }), 2, 'a number >= 0 and <= 1'],
    [Type.Number(), 'x', 'a number'],
    [Type.Number({ minimum: 0 }), -1, 'a number >= 0'],
    [Type.Integer({ minimum: 1 }), 0.5, 'an integer >= 1'],
    [Type.Boolean(), 1, 'true or false'],
    [Type.Null(), 1, 'null'],
    [Type.Literal('a'), 'b', 'a'],
    [Type.Union([Type.Literal('a'), Type.Literal('b'), Type.Literal(3)]), 'c', 'one of: a, b, 3'],
    [Type.Union([Type.String({ maxLength: 3 }), Type.Null()]), 'long', 'text of at most 3 characters, or null'],
    [Type.String({ minLength: 1, maxLength: 5 }), '', 'text of 1 to 5 characters'],
    [Type.String({ minLength: 2 }), '', 'text of at least 2 characters'],
    [Type.String(), 1, 'text'],
    [Type.String({ pattern: '^a', description: 'starts with a' }), 'b', 'text like ^a (starts with a)'],
    [Type.String({ format: 'uuid' }), 'b', 'a uuid'],
    [Type.Array(Type.String(), { maxItems: 1 }), ['a', 'b'], 'a list of at most 1 items; an item is text'],
    [Type.Array(Type.String(), { uniqueItems: true }), ['a', 'a'], 'a list, each once; an item is text'],
    [Type.Object({}), 1, 'an object'],
    [Type.Unsafe({ enum: ['x', 'y'] }), 'z', 'one of: x, y'],
    [Type.Unsafe({ not: {}, description: 'nothing at all' }), 'z', 'nothing at all'],
    [Type.Unsafe({ not: {} }), 'z', 'something else']
  ]
  for (const [schema, value, expected] of cases) t.strictSame(expectedOf(schema, value), [`body.it ${expected}`])
})

t.test('missing and unknown fields are named', async t => {
  const schema = Type.Object(
    { 'a/b~c': Type.Integer(), d: Type.Optional(Type.Null()) },
    { additionalProperties: false }
  )

  t.strictSame(faults(schema, { other: 1 }), [
    { field: 'body.a/b~c', expected: 'an integer; it is missing' },
    { field: 'body.other', expected: 'not to be there; known here: a/b~c, d' }
  ])
  t.strictSame(faults(schema, { 'a/b~c': 'x' }), [{ field: 'body.a/b~c', expected: 'an integer' }])
})

t.test('an object that must change something names what it could', async t => {
  t.strictSame(faults(Type.Object({ a: Type.Optional(Type.Null()) }, { minProperties: 1 }), {}), [
    { field: 'body', expected: 'an object with at least one of: a' }
  ])
})

t.test('a body that is wrong in thirty thousand places is told of twenty', async t => {
  const body = Array.from({ length: 30_000 }, () => 1)

  t.equal(faults(Type.Array(Type.String(), { uniqueItems: true }), body).length, 20)
})

t.test('an error without its schema still names the field', async t => {
  const error = { instancePath: '/a', schemaPath: '#/x', keyword: 'x', params: {} }

  t.strictSame(fieldErrors([error], ''), [{ field: 'a', expected: 'something else' }])
})
