import { setTimeout as delay } from 'node:timers/promises'

/** How long a fault lasts: not a wait for something, but the fault itself. */
export const span = (ms: number): Promise<void> => delay(ms)
