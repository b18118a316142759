import { createRegistry, createServer, metrics } from '@tickstock/service-kit'
import { Counter } from 'prom-client'
import t from 'tap'
import { readableLogger } from './fixtures/log-lines.ts'

t.test('requests are counted by method, route pattern and status, never by path', async t => {
  const registry = createRegistry()
  new Counter({ name: 'domain_things_total', help: 'things', registers: [registry] }).inc(3)
  const app = createServer({ logger: readableLogger().logger })
  app.register(metrics, { service: 'test', registry })
  app.get('/things/:id', () => ({}))
  t.teardown(() => app.close())

  await app.inject('/things/one')
  await app.inject('/things/two')
  await app.inject('/nowhere/three')
  const answer = await app.inject('/metrics')

  t.match(answer.headers['content-type'], /text\/plain/)
  t.match(answer.body, /duration_seconds_count\{service="test",method="GET",route="\/things\/:id",status="200"\} 2/)
  t.match(answer.body, /duration_seconds_count\{service="test",method="GET",route="none",status="404"\} 1/)
  t.match(answer.body, 'domain_things_total{service="test"} 3')
  t.match(answer.body, /process_cpu_seconds_total/)
  t.notMatch(answer.body, /things\/one|nowhere/)
})

t.test('a service without domain metrics needs no registry, and two in one process do not mix', async t => {
  const apps = ['a', 'b'].map(service => {
    const app = createServer({ logger: readableLogger().logger })
    app.register(metrics, { service })
    t.teardown(() => app.close())
    return app
  })

  const [first, second] = await Promise.all(apps.map(app => app.inject('/metrics')))

  t.match(first?.body, 'service="a"')
  t.notMatch(second?.body, 'service="a"')
})
