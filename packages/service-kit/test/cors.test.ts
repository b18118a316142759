import { createServer, loadConfig, serviceConfig } from '@tickstock/service-kit'
import t, { type Test } from 'tap'
import { readableLogger } from './fixtures/log-lines.ts'

const PAGE = 'https://desk.example.com'
const SECRET = 'a secret of thirty-two characters'

function appWith(t: Test, origins?: string) {
  const env = { AUTH_SECRET: SECRET, ...(origins === undefined ? {} : { CORS_ORIGINS: origins }) }
  const app = createServer({
    logger: readableLogger({ level: 'silent' }).logger,
    config: loadConfig(serviceConfig, env)
  })
  app.register(async routes => {
    routes.get('/things', () => ({}))
    routes.get('/fails', () => {
      throw new Error('no')
    })
  })
  t.teardown(() => app.close())
  const ask = (url: string, origin: string, method: 'GET' | 'OPTIONS' = 'GET') =>
    app.inject({ method, url, headers: { origin, 'access-control-request-method': 'PATCH' } })
  return { app, ask }
}

t.test('by default nothing is said to pages of other origins', async t => {
  const { ask } = appWith(t)
  const reply = await ask('/things', PAGE)
  t.equal(reply.headers['access-control-allow-origin'], undefined)
  t.equal(reply.headers['vary'], undefined)
  t.equal((await ask('/things', PAGE, 'OPTIONS')).statusCode, 405)
})

t.test('pages of the named origins may read answers, refusals and what their headers say; others may not', async t => {
  const { ask } = appWith(t, `http://localhost:5173, ${PAGE}`)
  for (const url of ['/things', '/fails', '/nowhere']) {
    const reply = await ask(url, PAGE)
    t.equal(reply.headers['access-control-allow-origin'], PAGE, url)
    t.match(reply.headers['access-control-expose-headers'], /etag.*server-timing.*x-request-id/)
    t.match(reply.headers['vary'], /origin/i)
    t.equal(reply.headers['access-control-allow-credentials'], undefined, 'no cookies')
  }
  const others = ['https://evil.example', 'https://desk.example.com.evil.example', 'null', `${PAGE}:444`]
  for (const origin of others) {
    const reply = await ask('/things', origin)
    t.equal(reply.statusCode, 200)
    t.equal(reply.headers['access-control-allow-origin'], undefined, origin)
    t.match(reply.headers['vary'], /origin/i)
  }
})

t.test('a preflight is answered before anybody is asked who he is, and remembered by the browser', async t => {
  const { ask } = appWith(t, PAGE)
  const reply = await ask('/things', PAGE, 'OPTIONS')
  t.equal(reply.statusCode, 204)
  t.equal(reply.headers['access-control-allow-origin'], PAGE)
  t.match(reply.headers['access-control-allow-methods'], /PATCH/)
  t.match(reply.headers['access-control-allow-headers'], /authorization.*if-match/)
  t.equal(reply.headers['access-control-max-age'], '7200')
})

t.test('a path that does not exist stays so, and a wrong method too', async t => {
  const { app } = appWith(t, PAGE)
  t.equal((await app.inject('/nowhere')).statusCode, 404)
  const reply = await app.inject({ method: 'DELETE', url: '/things' })
  t.equal(reply.statusCode, 405)
  t.equal(reply.headers['allow'], 'GET, HEAD')
})

t.test('what is no list of exact origins refuses the start', async t => {
  const wrong = [
    '*',
    'desk.example.com',
    `${PAGE}/`,
    'https://*.example.com',
    `${PAGE};http://a`,
    'HTTPS://A.example',
    'null'
  ]
  for (const CORS_ORIGINS of wrong) {
    t.throws(() => loadConfig(serviceConfig, { AUTH_SECRET: SECRET, CORS_ORIGINS }), /CORS_ORIGINS/, CORS_ORIGINS)
  }
})
