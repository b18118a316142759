import {
  createClient,
  type LiveSubscription,
  RefusedError,
  RequestError,
  type TickstockClient
} from '@tickstock/client'
import type { Watchlist } from '@tickstock/contracts'
import { type Teardown, until } from '@tickstock/test-kit'
import t from 'tap'
import { post } from './producer.ts'
import { startWholeSystem, type WholeSystem } from './whole-system.ts'

/** Listed symbols, so that a watchlist may have them. */
const SYMBOLS = ['AAPL', 'MSFT', 'NVDA', 'AMD', 'INTC', 'ORCL', 'CSCO', 'IBM', 'ADBE', 'QCOM']

/** Of each list, by each of its two writers. */
const EDITS = 50

let published = 0

/** A pattern of a symbol, into the inbox. */
const detect = ({ redis }: WholeSystem, symbol: string): Promise<unknown> => {
  const now = Date.now() / 1000
  return post(
    redis,
    'daily',
    JSON.stringify({
      event_type: 'pattern_detected',
      timestamp: now,
      flow_id: `two-users-${++published}`,
      data: { symbol, pattern: 'Doji', confidence: 0.9, timestamp: now + published / 1e3, expires_at: now + 3_600 }
    })
  )
}

/** A user who edits a watchlist and follows it, and whatever his feed brought. */
class User {
  readonly client: TickstockClient
  readonly seen: string[] = []
  readonly gaps: unknown[] = []
  retargets = 0
  watchlist: Watchlist | undefined
  #live = false

  constructor(t: Teardown, system: WholeSystem, name: string) {
    this.client = createClient({ url: system.url, token: () => system.token(name), timeoutMs: 30_000 })
    t.teardown(() => this.client.close())
  }

  async begin(symbols: string[]): Promise<Watchlist> {
    this.watchlist = await this.client.watchlists.create({ name: 'Mine', symbols })
    this.follow(this.watchlist.id)
    await until(() => this.#live, { what: 'the feed of the watchlist' })
    return this.watchlist
  }

  follow(watchlist: string): LiveSubscription {
    return this.client.subscribe(
      { channels: ['daily'], filter: { watchlist } },
      {
        onEvent: event => this.seen.push(event.pattern.symbol),
        onGap: gap => this.gaps.push(gap),
        onRetargeted: () => this.retargets++,
        onPosition: () => {
          this.#live = true
        },
        onCaughtUp: () => {
          this.#live = true
        }
      }
    )
  }
}

/**
 * Brings a symbol into a watchlist, for the version that was read last: who met another version, or does not know whether it was done, reads again.
 */
async function add(user: User, id: string, symbol: string): Promise<void> {
  for (;;) {
    try {
      const { version, symbols } = await user.client.watchlists.get(id)
      if (symbols.includes(symbol)) return
      user.watchlist = await user.client.watchlists.patch(id, { symbols: [...symbols, symbol] }, { version })
      return
    } catch (error) {
      const isExpected = error instanceof RequestError && (error.temporary || isMismatch(error))
      if (!isExpected) throw error
    }
  }
}

const isMismatch = (error: RequestError) => error instanceof RefusedError && error.code === 'version_mismatch'

t.test(
  'two users at work while a gateway and a user-universe are killed and come back: no write lost, nothing of the other’s, each feed follows its watchlist',
  async t => {
    const system = await startWholeSystem(t)
    const [alice, bob] = [new User(t, system, 'alice'), new User(t, system, 'bob')]
    const [hers, his] = [await alice.begin(['AAPL']), await bob.begin(['MSFT'])]

    const { symbols: listed } = await alice.client.symbols({ limit: 2 * EDITS })
    const [evens, odds] = [0, 1].map(rest => listed.map(({ symbol }) => symbol).filter((_, n) => n % 2 === rest))
    const work = async (user: User, id: string, symbols: readonly string[] = []) => {
      for (const symbol of symbols) await add(user, id, symbol)
    }
    // Each list is written by two at once: an edit that is lost to another would leave its symbol out.
    const working = Promise.all(
      (
        [
          [alice, hers],
          [bob, his]
        ] as const
      ).flatMap(([user, { id }]) => [work(user, id, evens), work(user, id, odds)])
    )
    const [universe] = system.universes
    const [gateway] = system.gateways
    const reached = (version: number) =>
      until(() => (alice.watchlist?.version ?? 0) > version, { what: `version ${version}` })
    await reached(EDITS / 2)
    await Promise.all([universe?.kill(), gateway?.kill()])
    await reached(EDITS)
    await Promise.all([universe?.restart(), gateway?.restart()])
    await working

    const wanted = [...(evens ?? []), ...(odds ?? [])]
    for (const [user, { id }, first] of [
      [alice, hers, 'AAPL'],
      [bob, his, 'MSFT']
    ] as const) {
      const { symbols, version } = await user.client.watchlists.get(id)
      t.same([...symbols].sort(), [...new Set([first, ...wanted])].sort(), 'every edit is in it')
      t.equal(version, symbols.length, 'and each was made once')
    }
    await t.rejects(bob.client.watchlists.get(hers.id), { code: 'watchlist_not_found' })
    await t.rejects(alice.client.watchlists.delete(his.id), { code: 'watchlist_not_found' })
    t.same(
      (await bob.client.watchlists.list()).map(({ id }) => id),
      [his.id]
    )

    await followsEach(t, system, alice, hers.id)
    await followsEach(t, system, bob, his.id)
    t.same([alice.gaps, bob.gaps], [[], []])

    const foreign: unknown[] = []
    bob.client.subscribe(
      { channels: ['daily'], filter: { watchlist: hers.id } },
      { onEvent: () => undefined, onRefused: refusal => foreign.push(refusal.code) }
    )
    await until(() => foreign.length > 0)
    t.same(foreign, ['watchlist_not_found'], 'a list of another is none')
  }
)

/** One edit after the other: what is published once the edit is in force, and only that, arrives. */
async function followsEach(
  t: { same(found: unknown, wanted: unknown, what: string): void },
  system: WholeSystem,
  user: User,
  id: string
) {
  for (const only of ['NVDA', 'ORCL', 'IBM']) {
    const { retargets } = user
    await user.client.watchlists.patch(id, { symbols: [only] })
    await until(() => user.retargets > retargets, { what: `the feed to follow to ${only}` })
    user.seen.length = 0
    for (const symbol of SYMBOLS) await detect(system, symbol)
    await detect(system, only)
    await until(() => user.seen.length >= 2, { what: `what ${only} brings` })
    t.same(user.seen, [only, only], only)
  }
}
