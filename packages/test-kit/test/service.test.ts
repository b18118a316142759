import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startService } from '../src/index.ts'

const servicesDir = fileURLToPath(new URL('fixtures/services', import.meta.url))

t.test('a service is given its port, waited for, and ended in order', async t => {
  const service = await startService(t, { service: 'healthy', servicesDir, env: { GREETING: 'hello' } })

  t.equal(await (await fetch(service.url)).text(), 'hello')

  t.same(await service.stop(), { code: 0, signal: null })
  t.same(service.log, ['listening', 'draining'])
})

t.test('a service that ends while it starts fails the test with its own words', async t => {
  await t.rejects(
    startService(t, { service: 'failing', servicesDir }),
    /failing ended \(exit code 1\) before it was ready[\s\S]*DATABASE_URL is missing/
  )
})

t.test('a service that is never ready fails the test at the deadline', async t => {
  await t.rejects(
    startService(t, { service: 'mute', servicesDir, within: 500 }),
    /mute was not ready within 500 ms[\s\S]*/
  )
})

t.test('a service that is not built is missed by name', async t => {
  await t.rejects(startService(t, { service: 'healthy', servicesDir, built: true }), /healthy\/dist\/main\.js/)
})
