import assert from 'node:assert/strict'
import type { Position } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { Feed } from '../src/feed.ts'
import type { FeedMember } from '../src/feed-member.ts'
import { detected } from './session/model-log.ts'

const at = (offset: number): Position => ({ epoch: 'e', offset })
const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** An application whose handlers settle when the test says so. */
class SlowApplication {
  readonly begun: number[] = []
  readonly settled: number[] = []
  member: FeedMember | undefined
  #settle: ((error?: Error) => void) | undefined

  readonly handlers = {
    onEvent: (_event: unknown, { position }: { position: Position }) => this.#take(position.offset)
  }

  settle(error?: Error): void {
    const settle = this.#settle
    this.#settle = undefined
    settle?.(error)
  }

  #take(offset: number): Promise<void> {
    assert.equal(this.#settle, undefined, 'one after the other')
    this.begun.push(offset)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#settle = error => {
      if (error) reject(error)
      else {
        this.settled.push(offset)
        resolve()
      }
    }
    return promise
  }
}

function given() {
  let applied: Position = at(0)
  let events = 0
  const feed = new Feed('f', 'daily', () => {
    const done = feed.takeApplied()
    events += done.events
    applied = done.position ?? applied
  })
  const failures: unknown[] = []
  const join = (application: SlowApplication, stopsAtFailure = false) => {
    const { member } = feed.join(at(0), {
      handlers: application.handlers,
      changed: () => undefined,
      failed: error => {
        failures.push(error)
        if (stopsAtFailure) feed.leave(member)
      }
    })
    application.member = member
  }
  let told = 0
  const tell = () => {
    told += 1
    feed.tell({ type: 'deliver', id: 'f', channel: 'daily', event: detected('A', told), position: at(told) })
  }
  return { feed, join, tell, failures, applied: () => applied.offset, events: () => events, told: () => told }
}

type World = ReturnType<typeof given> & { readonly applications: SlowApplication[] }

t.test('a feed is applied as far as the slowest of its members, who take what comes one by one', async t => {
  const which = fc.nat({ max: 2 })
  const actions = fc.array(
    fc.oneof(
      fc.constant((world: World) => world.tell()),
      which.map(index => (world: World) => world.applications[index]?.settle()),
      which.map(index => (world: World) => {
        const [member] = world.applications.slice(index).flatMap(({ member }) => member ?? [])
        if (member && world.applications.length > 1) {
          world.feed.leave(member)
          world.applications.splice(
            world.applications.findIndex(one => one.member === member),
            1
          )
        }
      })
    ),
    { maxLength: 60, size: 'max' }
  )
  const property = fc.asyncProperty(actions, async list => {
    const applications = [new SlowApplication(), new SlowApplication(), new SlowApplication()]
    const world = { ...given(), applications }
    for (const application of applications) world.join(application)
    for (const action of list) {
      action(world)
      await turn()
      const slowest = Math.min(...applications.map(({ settled }) => settled.length))
      assert.equal(world.applied(), slowest)
      assert.equal(world.events(), slowest)
    }
    while (applications.some(({ settled }) => settled.length < world.told())) {
      for (const application of applications) application.settle()
      await turn()
    }
    const all = Array.from({ length: world.told() }, (_, index) => index + 1)
    for (const { begun } of applications) assert.deepEqual(begun, all)
    assert.equal(world.applied(), world.told())
  })
  await t.resolves(fc.assert(property, { numRuns: 200 * Number(process.env.RUNS ?? 1) }))
})

t.test('what could not be applied counts as applied, unless its member is ended by it', async t => {
  for (const stops of [false, true]) {
    const { join, tell, applied, failures } = given()
    const application = new SlowApplication()
    join(application, stops)
    tell()
    tell()
    tell()
    application.settle()
    await turn()
    application.settle(new Error('of the application'))
    await turn()
    await turn()

    t.equal(failures.length, 1)
    t.same(application.begun, stops ? [1, 2] : [1, 2, 3])
    t.equal(applied(), stops ? 1 : 2)
  }
})
