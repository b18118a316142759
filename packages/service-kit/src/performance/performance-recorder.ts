import { API_PERFORMANCE_KEY, API_PERFORMANCE_LENGTH } from '@tickstock/contracts'
import type { RedisClient } from '@tickstock/event-log'
import { RequestBatch, type RequestKind } from './request-batch.ts'
import type { RequestKinds } from './request-kinds.ts'

export interface PerformanceRecorderOptions {
  readonly redis: RedisClient
  readonly kinds: RequestKinds
  /** Told of each batch: how many requests, and whether they are in the list. */
  readonly written: (requests: number, outcome: 'recorded' | 'dropped') => void
}

/** How often what was recorded is written, ms. */
const EVERY_MS = 250

/** Requests in memory. At 60,000 a second it is full, and written, every 70 ms. */
const BATCH = 4_096

/** Requests of a batch that each have an entry: up to 2,000 a second. */
const EACH = 512

/**
 * Entries that stand for a batch of more. Writing 512 cost 0.7 µs a request at 33,000 requests a second; with fewer that is less, and the list goes
 * back six seconds instead of one and a half.
 */
const FOR_ALL = 128

/** Batches on their way: what a slow Redis can hold back is 300 KB. */
const UNDER_WAY = 4

/**
 * Writes how long requests took to the list `api_performance`, in batches. Recording one request is three numbers in memory; no request waits for
 * Redis or fails by it. While Redis is away what is recorded is dropped, and told.
 */
export class PerformanceRecorder {
  readonly #redis: RedisClient
  readonly #kinds: RequestKinds
  readonly #written: PerformanceRecorderOptions['written']
  readonly #batch = new RequestBatch(BATCH)
  readonly #timer: NodeJS.Timeout
  readonly #underWay = new Set<Promise<void>>()

  constructor({ redis, kinds, written }: PerformanceRecorderOptions) {
    this.#redis = redis
    this.#kinds = kinds
    this.#written = written
    this.#timer = setInterval(() => this.flush(), EVERY_MS).unref()
  }

  record(kind: RequestKind, ms: number): void {
    this.#batch.add(kind, ms, Date.now())
    if (this.#batch.isFull) this.flush()
  }

  /** Sends what was recorded on its way. */
  flush(): void {
    const { size } = this.#batch
    if (size === 0) return
    if (this.#redis.status !== 'ready' || this.#underWay.size >= UNDER_WAY) this.#written(size, 'dropped')
    else {
      const write = this.#write(
        size,
        this.#batch.requests(size > EACH ? FOR_ALL : EACH).map(request => this.#kinds.encode(request))
      )
      this.#underWay.add(write)
      write.finally(() => this.#underWay.delete(write))
    }
    this.#batch.clear()
  }

  /** Writes the rest. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.flush()
    await Promise.all(this.#underWay)
  }

  /** Never rejects. */
  async #write(requests: number, entries: readonly string[]) {
    const replies = await this.#redis
      .pipeline()
      .lpush(API_PERFORMANCE_KEY, ...entries)
      .ltrim(API_PERFORMANCE_KEY, 0, API_PERFORMANCE_LENGTH - 1)
      .exec()
      .catch(error => [[error]])
    const [failed] = replies?.[0] ?? []
    this.#written(requests, failed ? 'dropped' : 'recorded')
  }
}
