import { SUBPROTOCOL } from '@tickstock/contracts'
import { fastify } from 'fastify'
import t from 'tap'
import { checkSubprotocol, originCheck } from '../../src/routes/admission.ts'

async function statusOf(t: { teardown(end: () => unknown): void }, allowed: string, headers: Record<string, string>) {
  const app = fastify()
  t.teardown(() => app.close())
  const check = originCheck(allowed)
  app.get('/', async request => {
    check(request)
    checkSubprotocol(request)
    return 'in'
  })
  const { body } = await app.inject({ url: '/', headers })
  return body === 'in'
}

t.test('by default pages of the host that is asked may connect, and clients that are no page', async t => {
  const host = 'tickstock.example:8080'
  t.ok(await statusOf(t, '', { host }))
  t.ok(await statusOf(t, '', { host, origin: 'http://TickStock.example:8080' }))
  t.notOk(await statusOf(t, '', { host, origin: 'http://tickstock.example' }))
  t.notOk(await statusOf(t, '', { host, origin: 'null' }))
})

t.test('a list of origins is exact', async t => {
  const allowed = 'https://one.example, https://two.example:444'
  t.ok(await statusOf(t, allowed, { origin: 'https://two.example:444' }))
  t.notOk(await statusOf(t, allowed, { origin: 'http://one.example' }))
  t.notOk(await statusOf(t, allowed, { origin: 'https://one.example.evil' }))
})

t.test('who offers subprotocols offers ours', async t => {
  t.ok(await statusOf(t, '', { 'sec-websocket-protocol': `other, ${SUBPROTOCOL}` }))
  t.notOk(await statusOf(t, '', { 'sec-websocket-protocol': 'tickstock.v2' }))
})
