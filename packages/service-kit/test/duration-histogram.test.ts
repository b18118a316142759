import { Registry } from 'prom-client'
import t from 'tap'
import { DurationHistogram } from '../src/duration-histogram.ts'

t.test('durations come out as Prometheus has them: each bucket with all below it', async t => {
  const registry = new Registry()
  registry.setDefaultLabels({ service: 'test' })
  const histogram = new DurationHistogram({
    name: 'took_seconds',
    help: 'how long',
    labelNames: ['route'],
    buckets: [0.1, 1],
    registers: [registry]
  })
  const series = histogram.series({ route: '/a' })

  for (const seconds of [0.05, 0.1, 0.5, 7]) series.observe(seconds)

  t.equal(
    await registry.metrics(),
    `# HELP took_seconds how long
# TYPE took_seconds histogram
took_seconds_bucket{le="0.1",service="test",route="/a"} 2
took_seconds_bucket{le="1",service="test",route="/a"} 3
took_seconds_bucket{le="+Inf",service="test",route="/a"} 4
took_seconds_sum{service="test",route="/a"} 7.65
took_seconds_count{service="test",route="/a"} 4
`
  )
  t.equal((await histogram.get()).values.length, 5)
})
