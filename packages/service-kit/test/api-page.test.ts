import { createWatchlist } from '@tickstock/contracts'
import { createServer, health } from '@tickstock/service-kit'
import t from 'tap'
import { readableLogger } from './fixtures/log-lines.ts'

t.test('the document lists routes with their replies, problems in their own media type', async t => {
  const app = createServer({ service: 'test', logger: readableLogger().logger })
  app.register(health, { service: 'test' })
  app.register(async routes => {
    routes.route({ ...createWatchlist, handler: () => Promise.reject(new Error('not called')) })
    routes.get('/plain', () => ({}))
  })
  t.teardown(() => app.close())

  const document = (await app.inject('/docs/json')).json()

  const { responses, requestBody } = document.paths[createWatchlist.url].post
  t.match(document, { openapi: '3.1.0', components: { securitySchemes: { user: { scheme: 'bearer' } } } })
  t.ok(responses[201].content['application/json'])
  t.ok(responses[409].content['application/problem+json'].schema.properties.code)
  t.ok(requestBody.content['application/json'].schema.properties.symbols)
  t.ok(document.paths['/plain'])
  t.ok(document.paths['/health/ready'].get.responses[503])
})

t.test('the page and its scripts load under their own security policy', async t => {
  const app = createServer({ service: 'test', logger: readableLogger().logger, config: { AUTH_MODE: 'development' } })
  t.teardown(() => app.close())

  const page = await app.inject('/docs/')
  const scripts = [...page.body.matchAll(/<script src="\.\/([^"]+)"/g)].map(([, path]) => path)

  t.equal(page.statusCode, 200)
  t.match(page.headers['content-security-policy'], /script-src 'self'/)
  t.notMatch(page.body, /<script(?![^>]*src=)[^>]*>/)
  t.ok(scripts.length >= 2)
  for (const path of scripts) t.equal((await app.inject(`/docs/${path}`)).statusCode, 200)
  t.match((await app.inject('/docs/json')).json().components.securitySchemes.user, { name: 'X-User-ID' })
})
