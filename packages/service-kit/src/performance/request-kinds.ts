import type { PerformanceEntry } from '@tickstock/contracts'
import type { RequestKind, TimedRequest } from './request-batch.ts'

interface Route {
  readonly method: string
  readonly url: string
}

/** What stands in an entry before and after its numbers. */
interface Frame {
  readonly head: string
  readonly tail: string
}

const NO_ROUTE: Route = { method: 'any', url: 'none' }

/** More than any status. */
const STATUSES = 1_000

/** Numbers for routes and statuses, and back to the text of an entry. */
export class RequestKinds {
  readonly #service: string
  readonly #routes: Route[] = []
  readonly #frames = new Map<RequestKind, Frame>()

  constructor(service: string) {
    this.#service = service
  }

  /** A number for a route, to be asked for once. */
  numberOf(route: Route): number {
    return this.#routes.push(route) - 1
  }

  kindOf(route: number, status: number): RequestKind {
    return route * STATUSES + status
  }

  /** JSON of a {@link PerformanceEntry}. */
  encode({ kind, ms, at, weight }: TimedRequest): string {
    const { head, tail } = this.#frames.get(kind) ?? this.#frame(kind)
    const stands = weight > 1 ? `,"weight":${weight}` : ''
    return `${head}${Math.round(ms * 1_000) / 1_000_000}${tail},"at":${at}${stands}}`
  }

  #frame(kind: RequestKind): Frame {
    const { method, url } = this.#routes[Math.floor(kind / STATUSES)] ?? NO_ROUTE
    const entry: Omit<PerformanceEntry, 'endpoint' | 'duration'> = {
      method,
      status: kind % STATUSES,
      service: this.#service
    }
    const frame = {
      head: `{"endpoint":${JSON.stringify(url)},"duration":`,
      tail: `,${JSON.stringify(entry).slice(1, -1)}`
    }
    this.#frames.set(kind, frame)
    return frame
  }
}
