import { type ProblemError, raise } from '@tickstock/contracts'
import t from 'tap'
import { Following } from '../../src/domain/following.ts'
import type { Selection } from '../../src/domain/selection.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

/** One who follows `tech`, of which the test decides what it comes to. */
function setting() {
  const failures: unknown[] = []
  const pauses: number[] = []
  const changes: Selection[] = []
  const losses: ProblemError[] = []
  const told: ProblemError[] = []
  const state = {
    symbols: ['AAPL'],
    looks: 0,
    fails: undefined as (() => never) | undefined,
    gate: undefined as Promise<void> | undefined
  }
  const following = new Following({
    pause: async failures => void pauses.push(failures),
    failed: error => failures.push(error)
  })
  const followed = following.follow({
    user: 'alice',
    select: async () => {
      state.looks++
      state.fails?.()
      const { symbols } = state
      await state.gate
      return { filter: { symbols }, references: ['tech'] }
    },
    changed: selection => changes.push(selection),
    lost: problem => losses.push(problem),
    behind: problem => told.push(problem)
  })
  return { following, followed, state, failures, pauses, changes, losses, told }
}

const edit = { user: 'alice', id: 'tech' }

t.test('an edit of what is followed is looked up, any other is not', async t => {
  const { following, followed, state, changes } = setting()
  t.match(await followed.begin(), { filter: { symbols: ['AAPL'] } })
  followed.ready()

  following.take({ user: 'alice', id: 'other' })
  following.take({ user: 'bob', id: 'tech' })
  await turn()
  t.equal(state.looks, 1)

  state.symbols = ['MSFT']
  following.take(edit)
  await turn()
  t.match(changes, [{ filter: { symbols: ['MSFT'] } }])

  following.takeAny()
  await turn()
  t.equal(changes.length, 2)
  t.equal(following.size, 1)
  followed.leave()
  t.equal(following.size, 0)
})

t.test('an edit that comes before it is in use follows then', async t => {
  const { following, followed, state, changes } = setting()
  const gate = Promise.withResolvers<void>()
  state.gate = gate.promise
  const begun = followed.begin()
  following.take({ user: 'alice', id: 'anything, for nobody knows yet what is followed' })
  state.symbols = ['MSFT']
  gate.resolve()

  t.match(await begun, { filter: { symbols: ['AAPL'] } })
  await turn()
  t.same(changes, [])
  followed.ready()
  await turn()
  t.match(changes, [{ filter: { symbols: ['MSFT'] } }])
})

t.test('an edit while another is being looked up is looked up too, and what was true before is not used', async t => {
  const { following, followed, state, changes } = setting()
  await followed.begin()
  followed.ready()
  const gate = Promise.withResolvers<void>()
  state.gate = gate.promise
  following.take(edit)
  state.symbols = ['MSFT']
  following.take(edit)
  gate.resolve()
  await turn()

  t.match(changes, [{ filter: { symbols: ['MSFT'] } }])
  t.equal(state.looks, 3)
})

t.test('what cannot be read now is tried again, what is gone is told, and nobody is told who left', async t => {
  const { following, followed, state, pauses, changes, losses, failures } = setting()
  await followed.begin()
  followed.ready()

  state.fails = () => {
    if (pauses.length === 2) state.fails = undefined
    if (pauses.length === 1) throw new Error('broken')
    return raise('universe_unavailable', 'away')
  }
  following.take(edit)
  await turn()
  await turn()
  t.same(pauses, [1, 2, 3])
  t.equal(changes.length, 1)
  t.match(failures, [{ message: 'broken' }])

  state.fails = () => raise('watchlist_not_found', 'tech')
  following.take(edit)
  await turn()
  t.match(losses, [{ code: 'watchlist_not_found' }])

  followed.leave()
  following.take(edit)
  await turn()
  t.equal(losses.length, 1)
})

t.test('a long outage is reported once, and the look-up is retried until it succeeds', async t => {
  const { following, followed, state, pauses, changes, losses, told } = setting()
  await followed.begin()
  followed.ready()
  state.fails = () => {
    if (pauses.length === 9) state.fails = undefined
    return pauses.length < 4 ? raise('universe_unavailable', 'away') : raise('internal_error', 'not understood')
  }

  following.take(edit)
  await turn()

  t.match(told, [{ code: 'universe_unavailable' }])
  t.equal(told.length, 1)
  t.equal(pauses.length, 10)
  t.equal(changes.length, 1)
  t.same(losses, [])
})

t.test('a short outage is not reported', async t => {
  const { following, followed, state, pauses, changes, told } = setting()
  await followed.begin()
  followed.ready()
  state.fails = () => {
    if (pauses.length === 1) state.fails = undefined
    throw new Error('broken')
  }

  following.takeAny()
  await turn()

  t.equal(pauses.length, 2)
  t.equal(changes.length, 1)
  t.same(told, [])
})
