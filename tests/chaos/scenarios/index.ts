import type { Scenario } from '../scenario.ts'
import { gatewayKilled } from './gateway-killed.ts'

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [gatewayKilled]
