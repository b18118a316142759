import t from 'tap'
import { appWith } from './app-with.ts'

t.test('every field that is wrong is named at once, whoever found it', async t => {
  const { get } = appWith(t)
  for (const path of ['/api/patterns/scan', '/api/patterns/export']) {
    const reply = await get(`${path}?confidence_min=2&rs_min=0x1&rsi_range=80,20&symbols=A,,B&colour=blue`)

    t.equal(reply.statusCode, 400)
    const { errors } = reply.json<{ errors: { field: string }[] }>()
    t.same(errors.map(({ field }) => field).sort(), [
      'query.colour',
      'query.confidence_min',
      'query.rs_min',
      'query.rsi_range',
      'query.symbols'
    ])
  }
})

t.test('what only the schema refuses is refused as before, and what it does not refuse passes', async t => {
  const { get } = appWith(t)
  t.match((await get('/api/patterns/scan?per_page=0')).json(), { errors: [{ field: 'query.per_page' }] })
  t.equal((await get('/api/patterns/scan?per_page=1&rsi_range=0,30')).statusCode, 200)
})
