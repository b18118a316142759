import { subscribeEarly } from './feeds/early-subscription.ts'

/** Subscribes first: the rest takes several times as long to load. */
async function main(): Promise<void> {
  const early = await subscribeEarly(process.env['REDIS_URL'])
  const { start } = await import('./start.ts')
  await start(early)
}

void main()
