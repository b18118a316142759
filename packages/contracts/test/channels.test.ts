import t from 'tap'
import { CHANNELS, checkOf, isChannel, Positions, perChannel } from '../src/index.ts'

t.test('the channels are listed once, and whatever is kept for each has them all', async t => {
  t.same(CHANNELS, ['daily', 'intraday', 'combo'])
  t.same(Object.keys(perChannel(channel => channel)), CHANNELS)
  t.ok(checkOf(Positions).accepts(perChannel(() => ({ epoch: 'e', offset: 0 }))))
})

t.test('other names are no channels', async t => {
  t.ok(CHANNELS.every(isChannel))
  t.notOk(['', 'Daily', 'weekly', 'toString'].some(isChannel))
})
