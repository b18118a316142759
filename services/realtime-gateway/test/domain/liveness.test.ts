import t from 'tap'
import { Liveness } from '../../src/domain/liveness.ts'
import { SimulatedClient } from './simulated-client.ts'

const setting = (patienceMs = 500) => {
  const outlet = new SimulatedClient()
  return { outlet, liveness: new Liveness({ outlet, now: 0, attentionMs: 100, patienceMs }) }
}

t.test('silence counts from the last sign of life', async t => {
  const { liveness } = setting()
  t.same([liveness.silence(50), liveness.silence(150)], [50, 150])
  liveness.heard(200)
  t.same([liveness.silence(240), liveness.age(240)], [40, 240])
})

t.test('bytes that waited and went are a sign of life, those that did not wait are none', async t => {
  const { liveness, outlet } = setting(0)
  outlet.taken = 10
  t.equal(liveness.silence(50), 50)
  outlet.buffered = 5
  t.equal(liveness.silence(100), 100)
  outlet.taken = 15
  t.equal(liveness.silence(150), 0)
})

t.test('time in which nobody looked is no silence, and no age', async t => {
  const { liveness } = setting()
  t.equal(liveness.silence(80), 80)
  t.same([liveness.silence(60_000), liveness.age(60_000)], [80, 80])
  t.equal(liveness.silence(60_100), 180)
  liveness.heard(90_000)
  t.equal(liveness.silence(90_010), 0, 'heard before it is looked at')
  t.equal(liveness.silence(90_050), 40)
})

t.test('a slow reader has the time to read what he was handed, within bounds', async t => {
  const { liveness, outlet } = setting()
  outlet.taken = 256
  t.equal(liveness.silence(80), 0)
  for (let now = 160; now < 400; now += 80) liveness.silence(now)
  t.equal(liveness.silence(400), 150)
  outlet.taken = 1_000_000
  for (let now = 480; now < 800; now += 80) liveness.silence(now)
  t.equal(liveness.silence(800), 300)

  liveness.heard(810)
  t.equal(liveness.silence(850), 40, 'what was handed over before he was heard counts no more')
})
