import t from 'tap'
import { Admission } from '../../src/domain/admission.ts'

function setting() {
  const state = { isFull: false, unauthenticated: 0, room: true, lag: 0, random: 0, refused: 0, isLogAway: false }
  const admission = new Admission({
    sessions: {
      get isFull() {
        return state.isFull
      },
      get unauthenticated() {
        return state.unauthenticated
      },
      hasRoom: () => state.room,
      hasRoomFor: address => address !== 'crowded'
    },
    isLogAway: () => state.isLogAway,
    now: () => 0,
    lag: () => state.lag,
    random: () => state.random,
    refused: () => {
      state.refused += 1
    }
  })
  return { admission, state }
}

t.test('who may come is let in, and who may not is told why and counted', async t => {
  const { admission, state } = setting()
  t.equal(admission.refusal(), undefined)
  state.room = false
  t.match(admission.refusal(), /at once/)
  state.room = true
  state.isFull = true
  t.match(admission.refusal(), /as many sockets/)
  state.isFull = false
  state.isLogAway = true
  t.match(admission.refusal(), /does not read the log/)
  state.isLogAway = false
  t.equal(admission.refusalOf('quiet'), undefined)
  t.match(admission.refusalOf('crowded'), /this address/)
  admission.drain()
  t.match(admission.refusal(), /is going/)
  t.equal(state.refused, 5)
})

t.test('while the process is late a few are let in at a time', async t => {
  const { admission, state } = setting()
  state.lag = 251
  state.unauthenticated = 49
  t.equal(admission.refusal(), undefined)
  state.unauthenticated = 50
  t.match(admission.refusal(), /at once/)
  state.lag = 250
  t.equal(admission.refusal(), undefined)
})

t.test('who is refused comes again at a moment of its own', async t => {
  const { admission, state } = setting()
  const seconds = [0, 0.19, 0.2, 0.999].map(random => {
    state.random = random
    return admission.comeAgain()
  })
  t.same(seconds, [1, 1, 2, 5])
})
