import fc from 'fast-check'
import t from 'tap'
import type { Selection } from './selections.ts'
import { VersionsInForce } from './versions-in-force.ts'

const selectionOf = (number: number, askedAt = 0, answeredAt = askedAt): Selection => ({
  number,
  askedAt,
  answeredAt,
  filter: {}
})

/** Of each version, which of the offsets it lets through; and of each offset, whether its event came, and whether the version may change before it. */
const histories = fc
  .record({ versions: fc.integer({ min: 1, max: 4 }), offsets: fc.integer({ min: 1, max: 10 }) })
  .chain(({ versions, offsets }) => {
    const each = fc.array(fc.boolean(), { minLength: offsets, maxLength: offsets })
    return fc.record({
      lets: fc.array(each, { minLength: versions, maxLength: versions }),
      came: each,
      changes: each
    })
  })

interface History {
  readonly lets: readonly (readonly boolean[])[]
  readonly came: readonly boolean[]
  readonly changes: readonly boolean[]
}

/** By trying every path: versions never go down, and stay where they may not change. */
function isExplained({ lets, came, changes }: History, at = 0, version = 0): boolean {
  if (at === came.length) return true
  return lets.some(
    (passes, next) =>
      (next === version || (next > version && (at === 0 || changes[at] === true))) &&
      passes[at] === came[at] &&
      isExplained({ lets, came, changes }, at + 1, next)
  )
}

/** As the auditor walks: a run of silence at once, then the event that ends it. */
function isAccepted({ lets, came, changes }: History, isExact: boolean): boolean {
  const versions = new VersionsInForce(
    lets.map((_, index) => selectionOf(index)),
    isExact
  )
  const passes = ({ number }: Selection, offset: number) => lets[number]?.[offset] === true
  let isSound = true
  let after = -1
  const silentUpTo = (end: number) => {
    const next = (selection: Selection, last: number) => {
      for (let offset = last + 1; offset < end; offset++) if (passes(selection, offset)) return offset
      return undefined
    }
    versions.drift(0)
    if (versions.silent(after, next).length > 0) isSound = false
    after = end - 1
  }
  came.forEach((isThere, offset) => {
    if (isExact && changes[offset] === true) {
      silentUpTo(offset)
      versions.change(0)
    }
    if (!isThere) return
    silentUpTo(offset)
    versions.drift(0)
    if (!versions.keep(selection => passes(selection, offset))) isSound = false
    after = offset
  })
  silentUpTo(came.length)
  return isSound
}

t.test('accepts what some order of versions explains, and nothing else', async () => {
  fc.assert(
    fc.property(histories, history => {
      const anywhere = { ...history, changes: history.came.map(() => true) }
      return isAccepted(anywhere, false) === isExplained(anywhere)
    }),
    { numRuns: 2_000 }
  )
})

t.test('with known changes, accepts what an order of versions explains that changes only there', async () => {
  fc.assert(
    fc.property(histories, history => isAccepted(history, true) === isExplained(history)),
    { numRuns: 2_000 }
  )
})

t.test('a version that was asked for later is not in force yet', async t => {
  const versions = new VersionsInForce([selectionOf(1, 0), selectionOf(2, 1_000)], true)
  versions.keep(({ number }) => number === 1)

  versions.change(500)
  t.same(
    versions.possible.map(({ number }) => number),
    [1]
  )

  versions.change(1_500)
  t.same(
    versions.possible.map(({ number }) => number),
    [1, 2]
  )
})

t.test('a list that is looked up after an edit was answered gives that edit', async t => {
  const versions = new VersionsInForce([selectionOf(1, 0), selectionOf(2, 1_000, 1_200)], true)

  t.ok(versions.since(2_000))
  t.same(
    versions.possible.map(({ number }) => number),
    [2]
  )

  versions.keep(({ number }) => number === 2)
  const older = new VersionsInForce([selectionOf(1, 0), selectionOf(2, 1_000, 1_200)], true)
  older.keep(({ number }) => number === 1)
  t.notOk(older.since(2_000), 'the older version is in force all the same')
})
