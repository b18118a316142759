import t from 'tap'
import { type Guest, Lobby } from '../../src/domain/lobby.ts'

class Caller implements Guest {
  isSilent = true
  isOut = false

  turnOut(): void {
    this.isOut = true
  }
}

const setting = () => new Lobby<Caller>({ total: 3, perAddress: 2 })

t.test('so many may wait at once, and of one address', async t => {
  const lobby = setting()
  const [one, two, three] = [new Caller(), new Caller(), new Caller()]
  lobby.enter(one, 'a', 0)
  t.ok(lobby.hasRoomFor('a', 0))
  lobby.enter(two, 'a', 0)
  t.notOk(lobby.hasRoomFor('a', 0))
  t.ok(lobby.hasRoomFor('b', 0))
  t.ok(lobby.hasRoom(0))
  lobby.enter(three, 'b', 0)
  t.notOk(lobby.hasRoom(0))

  lobby.leave(two)
  lobby.leave(two)
  t.same([lobby.size, lobby.hasRoom(0), lobby.hasRoomFor('a', 0)], [2, true, true])
})

t.test('the longest silent one makes room, and nobody who speaks or has just come', async t => {
  const lobby = setting()
  const [speaking, silent, later] = [new Caller(), new Caller(), new Caller()]
  speaking.isSilent = false
  lobby.enter(speaking, 'a', 0)
  lobby.enter(silent, 'a', 10)
  lobby.enter(later, 'b', 500)
  t.notOk(lobby.hasRoom(1009))
  t.ok(lobby.hasRoom(1010))
  t.same([speaking.isOut, silent.isOut, later.isOut, lobby.size], [false, true, false, 2])

  const next = new Caller()
  lobby.enter(next, 'a', 1010)
  t.notOk(lobby.hasRoomFor('a', 2000), 'it has just come')
  t.ok(lobby.hasRoomFor('a', 2010))
  t.same([speaking.isOut, next.isOut, later.isOut], [false, true, false], 'those of other addresses stay')
})

t.test('where all speak nobody goes', async t => {
  const lobby = setting()
  for (const address of ['a', 'b', 'c']) {
    const caller = new Caller()
    caller.isSilent = false
    lobby.enter(caller, address, 0)
  }
  t.notOk(lobby.hasRoom(60_000))
})
