import t from 'tap'
import { LogAbsence } from '../../src/routes/log-absence.ts'

function setting() {
  const state = { isAway: false }
  const handOvers: (() => boolean)[] = []
  const absence = new LogAbsence({ isLogAway: () => state.isAway, handOver: isOver => handOvers.push(isOver) })
  return { state, handOvers, absence }
}

t.test('hands the clients over once, when the log has been away for two seconds', async t => {
  const { state, handOvers, absence } = setting()
  absence.look(0)
  state.isAway = true
  for (let now = 1_000; now < 3_000; now += 250) absence.look(now)
  t.equal(handOvers.length, 0)
  for (let now = 3_000; now < 60_000; now += 250) absence.look(now)
  t.equal(handOvers.length, 1)
  t.equal(handOvers[0]?.(), false)

  state.isAway = false
  absence.look(60_000)
  t.equal(handOvers[0]?.(), true, 'it is over')
  state.isAway = true
  absence.look(60_250)
  t.equal(handOvers[0]?.(), true, 'the next absence is another')
  absence.look(62_250)
  t.equal(handOvers.length, 2)
})

t.test('keeps the clients of a log that comes and goes, and of a process that stood still', async t => {
  const { state, handOvers, absence } = setting()
  for (let now = 0; now < 60_000; now += 500) {
    state.isAway = now % 2_000 < 1_500
    absence.look(now)
  }
  state.isAway = true
  absence.look(200_000)
  state.isAway = false
  absence.look(200_010)
  t.equal(handOvers.length, 0)
})
