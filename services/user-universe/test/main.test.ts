import { createWatchlist } from '@tickstock/contracts'
import { startFaultProxy, startPostgres, startService, tokenFor, until } from '@tickstock/test-kit'
import t from 'tap'
import { listSymbols, through, universeDatabase } from './fixtures/universe-database.ts'

const AUTH_SECRET = 'a secret of at least 32 characters!'

t.test('it serves over a real port, outlives its database, and ends in order', async t => {
  const server = await startPostgres(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const urls = await universeDatabase(t, server)
  await listSymbols(urls, [{ symbol: 'AAPL', name: 'Apple Inc.' }])
  const service = await startService(t, {
    service: 'user-universe',
    fromSource: true,
    env: {
      AUTH_MODE: 'token',
      AUTH_SECRET,
      DATABASE_READ_URL: through(proxy.port, urls.DATABASE_READ_URL),
      DATABASE_WRITE_URL: through(proxy.port, urls.DATABASE_WRITE_URL)
    }
  })
  const authorization = `Bearer ${await tokenFor('alice', AUTH_SECRET)}`
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${service.url}${path}`, { ...init, headers: { authorization, 'content-type': 'application/json' } })

  t.equal((await fetch(`${service.url}/api/symbols`)).status, 401)
  t.match(await (await ask('/api/symbols?q=app')).json(), { symbols: [{ symbol: 'AAPL' }] })
  t.equal((await ask(createWatchlist.url, { method: 'POST', body: '{"name":"Tech","symbols":["AAPL"]}' })).status, 201)

  await proxy.cut()
  const refused = await ask(createWatchlist.url)
  t.equal(refused.status, 503)
  t.match(await refused.json(), { code: 'database_unavailable', temporary: true })
  t.equal((await ask('/health/ready')).status, 503)
  t.equal((await ask('/health/live')).status, 200)

  await proxy.restore()
  await until(async () => (await ask('/health/ready')).status === 200)
  t.match(await (await ask(createWatchlist.url)).json(), { watchlists: [{ name: 'Tech' }] })

  t.match(await service.stop(), { code: 0 })
  t.notMatch(service.log.join('\n'), /writer-pw|reader'pw|a secret of/)
})
