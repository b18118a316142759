import { Type } from '@sinclair/typebox'
import t from 'tap'
import { createAjv, validatorCompiler } from '../src/validator.ts'

t.test('a uuid is what a database takes for one, and nothing around it', async t => {
  const isUuid = createAjv({ coerce: true }).compile(Type.String({ format: 'uuid' }))
  const uuid = 'aa1bcccd-6846-416b-aebd-9b5f1d0cf1ea'

  for (const text of [uuid, uuid.toUpperCase()]) t.equal(isUuid(text), true, text)
  for (const text of [`urn:uuid:${uuid}`, `{${uuid}}`, ` ${uuid}`, `${uuid}\n`, uuid.replaceAll('-', ''), ''])
    t.equal(isUuid(text), false, JSON.stringify(text))
})

t.test('a number that has no end is beyond every bound', async t => {
  const bounded = createAjv({ coerce: true }).compile(
    Type.Object({ page: Type.Integer({ minimum: 1, maximum: 100 }), least: Type.Number({ minimum: 0, maximum: 1 }) })
  )

  t.ok(bounded({ page: '7', least: '0.5' }))
  for (const endless of ['1e309', '-1e309', 'Infinity', '-Infinity', 'NaN']) {
    t.notOk(bounded({ page: endless, least: '0.5' }), endless)
    t.notOk(bounded({ page: '7', least: endless }), endless)
  }
})

t.test('a number in a query is a decimal, and every field that is wrong is told', async t => {
  const querystring = Type.Object({
    page: Type.Optional(Type.Integer({ minimum: 1 })),
    least: Type.Optional(Type.Number()),
    name: Type.Optional(Type.String())
  })
  const validate = validatorCompiler()({ schema: querystring, httpPart: 'querystring' })
  const faultsOf = (query: object) => (validate(query) ? [] : (validate.errors ?? []).map(error => error.instancePath))

  for (const sound of [{ page: '7', least: '-.5e2' }, { least: '1e-7' }, { name: '0x1' }, {}])
    t.same(faultsOf(sound), [])
  for (const text of ['0x1', ' 0.5', '1 ', '', '1_0', 'Infinity']) {
    t.ok(faultsOf({ least: text, page: '0' }).includes('/least'), JSON.stringify(text))
    t.ok(faultsOf({ least: text, page: '0' }).includes('/page'))
  }
})
