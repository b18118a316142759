import { createRegistry, Lifetime, loadConfig } from '@tickstock/service-kit'
import { startRedis, type Teardown, until } from '@tickstock/test-kit'
import t from 'tap'
import { config } from '../src/config.ts'
import { NO_UNIVERSE } from '../src/domain/universe.ts'
import { PatternView } from '../src/domain/view/pattern-view.ts'
import { createInstruments } from '../src/instruments.ts'
import { startUniverse } from '../src/universe.ts'
import { silent } from './events.ts'
import { StandInUniverse } from './fixtures/stand-in-universe.ts'
import { environment } from './replica.ts'

function start(t: Teardown, redisUrl: string, env: Record<string, string> = {}) {
  const lifetime = new Lifetime({ logger: silent })
  t.teardown(() => lifetime.close())
  const registry = createRegistry()
  const context = {
    config: loadConfig(config, { ...environment(redisUrl), ...env }),
    logger: silent,
    lifetime,
    registry
  }
  const view = new PatternView({ maxLivePatterns: 10 })
  return startUniverse(context, { view, instruments: createInstruments(registry) })
}

t.test('it waits for nothing: what user-universe has comes when that does', async t => {
  const { url } = await startRedis(t)
  const taken = await new StandInUniverse().start(t)
  const port = Number(new URL(taken.url).port)
  await taken.stop()
  const ann = { user: 'ann', authorization: undefined }

  const { own, sectors, sectorNames } = start(t, url, { UNIVERSE_URL: taken.url })
  t.equal(sectors(), 'unknown')
  t.equal(sectorNames(), undefined)
  await t.rejects(Promise.resolve(own?.watchlist(ann, 'a1')), { code: 'universe_unavailable' })

  const service = new StandInUniverse()
  service.sectors = { Energy: ['XOM'] }
  service.watchlists.set('a1', ['AAPL'])
  await service.start(t, port)
  await until(() => sectors() === 'known')
  t.same([...(sectorNames() ?? [])], [['energy', 'Energy']])
  t.same(await until(() => own?.watchlist(ann, 'a1')), ['AAPL'])
  t.ok(service.requests.some(({ headers }) => headers['x-user-id'] === 'service:pattern-query'))
})

t.test('without a user-universe there is none; one that cannot be asked by anybody refuses the start', async t => {
  t.equal(start(t, 'redis://127.0.0.1:1'), NO_UNIVERSE)
  const env = {
    UNIVERSE_URL: 'http://127.0.0.1:1',
    AUTH_MODE: 'token',
    AUTH_SECRET: 'a secret of thirty-two characters'
  }
  t.throws(() => start(t, 'redis://127.0.0.1:1', env), { name: 'ConfigError', message: /SERVICE_SECRET/ })
})
