// The subscribers of a run, in a process of their own: the machine's load does not fall on who breaks it. Spoken to by messages; ends with whoever started it.
import { Value } from '@sinclair/typebox/value'
import { type Answer, type Report, Request } from './messages.ts'
import { PlainSubscriber } from './plain-subscriber.ts'
import type { Role } from './role.ts'
import { SdkSubscriber } from './sdk-subscriber.ts'
import type { Subscriber } from './subscriber.ts'

/** Records that one message carries. */
const CHUNK = 100
/** Sockets that are opened at the same time when a run begins. */
const OPENING_AT_ONCE = 50

let subscribers: Subscriber[] = []

function report(heads?: Extract<Request, { do: 'report' }>['heads']): Report {
  const sum = (of: (subscriber: Subscriber) => number) => subscribers.reduce((total, one) => total + of(one), 0)
  return {
    subscribers: subscribers.length,
    begun: subscribers.filter(({ begun }) => begun).length,
    delivered: sum(({ delivered }) => delivered),
    gaps: sum(({ gaps }) => gaps),
    reconnects: sum(({ reconnects }) => reconnects),
    refusals: subscribers.flatMap(({ refusals }) => refusals),
    faults: subscribers.flatMap(({ faults }) => faults),
    behind: heads === undefined ? [] : subscribers.flatMap(subscriber => subscriber.behind(heads) ?? []),
    unmarked: subscribers.flatMap(({ unmarked }) => unmarked)
  }
}

const subscriberOf = (role: Role, url: string): Subscriber =>
  role.by === 'sdk' ? new SdkSubscriber(role, url) : new PlainSubscriber(role, url)

async function act(request: Request): Promise<Report> {
  switch (request.do) {
    case 'open':
      subscribers = request.roles.map(role => subscriberOf(role, request.urls[role.network]))
      for (let n = 0; n < subscribers.length; n += OPENING_AT_ONCE)
        await Promise.all(subscribers.slice(n, n + OPENING_AT_ONCE).map(subscriber => subscriber.open()))
      return report()
    case 'reload':
      await Promise.all(subscribers.filter(({ name }) => request.names.includes(name)).map(one => one.reload()))
      return report()
    case 'leave':
      for (const subscriber of subscribers) if (request.names.includes(subscriber.name)) subscriber.leave()
      return report()
    case 'scatter':
      await Promise.all(subscribers.map((one, n) => one.scatter((request.withinMs * n) / subscribers.length)))
      return report()
    case 'report':
      return report(request.heads)
    case 'tell':
      tell()
      return report()
    case 'finish': {
      for (const subscriber of subscribers) subscriber.close()
      tell()
      const last = report()
      subscribers = []
      return last
    }
  }
}

function tell(): void {
  const records = subscribers.flatMap(subscriber => subscriber.takeRecords())
  for (let n = 0; n < records.length; n += CHUNK) answer({ type: 'records', records: records.slice(n, n + CHUNK) })
}

function answer(message: Answer): void {
  process.send?.(message)
}

process.on('message', async (message: unknown) => {
  try {
    answer({ type: 'done', report: await act(Value.Parse(Request, message)) })
  } catch (error) {
    answer({ type: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : `${error}` })
  }
})
process.on('disconnect', () => process.exit())
// Ctrl-C is for whoever started it, who then ends this too.
process.on('SIGINT', () => undefined)
