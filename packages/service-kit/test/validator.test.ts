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
