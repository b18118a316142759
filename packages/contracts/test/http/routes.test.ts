import t from 'tap'
import type { Route } from '../../src/index.ts'
import * as contracts from '../../src/index.ts'

const isRoute = (value: unknown): value is Route =>
  typeof value === 'object' && value !== null && 'method' in value && 'url' in value && 'schema' in value

const routes = Object.values<unknown>(contracts).filter(isRoute)

t.test('no two routes share method and url', async t => {
  t.ok(routes.length >= 12)
  t.equal(new Set(routes.map(({ method, url }) => `${method} ${url}`)).size, routes.length)
})

t.test('each parameter of a url is described, and none is described that is not there', async t => {
  for (const { url, schema } of routes) {
    const inUrl = [...url.matchAll(/:(\w+)/g)].map(([, name]) => name)
    t.same(Object.keys(schema.params?.['properties'] ?? {}), inUrl, url)
  }
})

t.test('each refusal is a problem, and each route says what success is', async t => {
  for (const { url, schema } of routes) {
    const statuses = Object.keys(schema.response).map(Number)
    t.ok(
      statuses.some(status => status < 300),
      url
    )
    for (const status of statuses.filter(status => status >= 400 && url.startsWith('/api/'))) {
      t.equal(schema.response[status], contracts.Problem, `${url} ${status}`)
    }
  }
})
