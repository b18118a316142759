import t from 'tap'
import { PROBE_BYTES, Probes } from '../../src/domain/probes.ts'

t.test('a pong proves what was handed over before its ping, and nothing after it', async t => {
  const probes = new Probes()
  t.notOk(probes.hand(1_000))
  const first = probes.ping()
  probes.hand(5_000)
  t.equal(probes.ahead, 1_000)
  t.ok(probes.pong(first))
  t.equal(probes.ahead, 5_000)
  probes.ping()
  probes.hand(300)
  t.equal(probes.ahead, 5_000)
})

t.test('a pong of the newest ping answers those before it too, and one of no ping none', async t => {
  const probes = new Probes()
  const pings = [1, 2, 3].map(bytes => {
    probes.hand(bytes)
    return probes.ping()
  })
  t.notOk(probes.pong('another'))
  t.ok(probes.pong(pings[1] ?? ''))
  t.notOk(probes.pong(pings[0] ?? ''), 'it was answered')
  t.equal(probes.ahead, 3)
})

t.test('a ping is due after so many bytes, wherever the last one came from', async t => {
  const probes = new Probes()
  t.notOk(probes.hand(PROBE_BYTES - 1))
  probes.ping()
  t.notOk(probes.hand(PROBE_BYTES - 1))
  t.ok(probes.hand(1))
  t.ok(probes.hand(1), 'until it is sent')
})

t.test('a peer that never answers costs no more than so many pings', async t => {
  const probes = new Probes()
  const pings = Array.from({ length: 300 }, () => {
    probes.hand(10)
    return probes.ping()
  })
  t.notOk(probes.pong(pings.at(-1) ?? ''))
  t.ok(probes.pong(pings[255] ?? ''))
  t.equal(probes.ahead, 440)
})
