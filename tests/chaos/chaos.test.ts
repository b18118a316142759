import t from 'tap'
import { isSound } from './report.ts'
import { SHORT_SCENARIOS } from './scenarios/index.ts'
import { SHORT } from './size.ts'
import { Suite } from './suite.ts'

/** Another one is for `npm run test:chaos -- --short --seed N`; what breaks a build can then be run again. */
const SEED = 1

/** Only against hanging: it takes five minutes on a quiet machine with two cores, and twelve on a busy one. ms */
const WITHIN = 1_200_000

t.setTimeout(WITHIN)

t.test(
  'whatever breaks, each subscriber has every event once and in order, or was told what is lost',
  { timeout: WITHIN },
  async t => {
    const suite = new Suite({
      scenarios: SHORT_SCENARIOS,
      size: SHORT,
      seed: SEED,
      progress: () => undefined,
      done: outcome => {
        const { scenario, seconds, delivered, findings, failure } = outcome
        t.ok(isSound(outcome), `${scenario}: ${delivered} deliveries in ${seconds.toFixed(1)} s`, { findings, failure })
      }
    })
    t.teardown(() => suite.interrupt())

    const outcomes = await suite.run()

    t.equal(outcomes.length, SHORT_SCENARIOS.length, `seed ${SEED}`)
  }
)
