import { Type } from '@sinclair/typebox'
import t from 'tap'
import { createAjv } from '../src/validator.ts'

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
