import { setTimeout as delay } from 'node:timers/promises'

export interface Deadline {
  /** Milliseconds. Default: 60,000. It only ends a test that hangs, so it is long enough for a busy machine. */
  readonly within?: number
}

/** ms */
export const WITHIN = 60_000

const INTERVAL = 5

/**
 * Polls a condition until it gives something truthy, and returns that. An error of the condition counts as "not yet";
 * after the deadline the failure tells `what` was waited for, with the last value or error.
 */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  { within = WITHIN, what = 'the condition' }: Deadline & { readonly what?: string } = {}
): Promise<Exclude<Value, false | null | undefined>> {
  const deadline = performance.now() + within
  for (;;) {
    const outcome = await attempt(condition)
    if ('value' in outcome && holds(outcome.value)) return outcome.value
    if (performance.now() >= deadline) {
      const last = 'value' in outcome ? `last value ${JSON.stringify(outcome.value)}` : `last error ${outcome.error}`
      throw new Error(`waited ${within} ms for ${what}: ${last}`, {
        cause: 'error' in outcome ? outcome.error : undefined
      })
    }
    await delay(INTERVAL)
  }
}

async function attempt<Value>(condition: () => Value | Promise<Value>) {
  try {
    return { value: await condition() }
  } catch (error) {
    return { error }
  }
}

function holds<Value>(value: Value): value is Exclude<Value, false | null | undefined> {
  return Boolean(value)
}
