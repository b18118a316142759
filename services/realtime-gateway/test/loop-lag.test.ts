import { until } from '@tickstock/test-kit'
import t from 'tap'
import { LoopLag } from '../src/loop-lag.ts'

const block = (ms: number) => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

t.test('a loop that is held up is seen to be late, and to be in time again', async t => {
  const lag = new LoopLag()
  t.teardown(() => lag.stop())
  const busy = setInterval(() => block(150), 1)
  await until(() => lag.now > 80, { what: 'the lag' })
  clearInterval(busy)
  await until(() => lag.now < 60, { what: 'the end of the lag' })
})
