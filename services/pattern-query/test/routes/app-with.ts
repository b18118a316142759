import { CHANNELS, type Pattern } from '@tickstock/contracts'
import { createRegistry } from '@tickstock/service-kit'
import type { Teardown } from '@tickstock/test-kit'
import { buildApp, type Dependencies } from '../../src/app.ts'
import { PatternView } from '../../src/domain/view/pattern-view.ts'
import { createInstruments } from '../../src/instruments.ts'
import { detected, entryOf, silent } from '../events.ts'
import { standIns } from '../stand-ins.ts'

interface AppOptions extends Partial<Dependencies> {
  readonly patterns?: readonly Pattern[]
  readonly built?: boolean
  readonly stale?: boolean
}

/** The app over a view of some patterns, without a socket or a server behind it. Ends with the test. */
export function appWith(t: Teardown, { patterns = [], built = true, stale = false, ...over }: AppOptions = {}) {
  const view = new PatternView({ maxLivePatterns: 1_000_000 })
  let offset = 0
  const add = (...added: readonly Pattern[]) =>
    view.apply(
      'daily',
      added.map(pattern => entryOf(++offset, detected(pattern), 'e'))
    )
  if (built) for (const channel of CHANNELS) view.reset(channel, [], { epoch: 'e', offset: 0 })
  if (built) add(...patterns)

  const registry = createRegistry()
  const app = buildApp({
    config: { AUTH_MODE: 'development', DRAIN_MS: 0 },
    logger: silent,
    registry,
    view,
    freshness: () => ({ built, asOf: 1_234, stale }),
    listening: () => built,
    scans: createInstruments(registry).scans,
    ...standIns,
    ...over
  })
  t.teardown(() => app.close())
  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers })
  return { app, view, add, get }
}
