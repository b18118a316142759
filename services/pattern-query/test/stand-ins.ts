import { Redis } from 'ioredis'
import type { Dependencies } from '../src/app.ts'

/** What the app needs besides the view, where nothing comes in and no Redis is: what would be recorded is dropped. */
export const standIns: Pick<Dependencies, 'ingest' | 'performance' | 'historyOf'> = {
  ingest: () => ({ received: 0, appended: 0, duplicates: 0, deadLetters: 0, lost: 0, queued: 0, perSecond: 0 }),
  performance: {
    redis: new Redis({ lazyConnect: true }),
    figures: async () => ({ window: { requests: 0, from: null, to: null }, routes: [] })
  },
  historyOf: async id => ({ id, events: [], complete: false })
}
