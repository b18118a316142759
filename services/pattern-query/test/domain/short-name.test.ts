import fc from 'fast-check'
import t from 'tap'
import { shortName } from '../../src/domain/short-name.ts'

t.test('the names of the detectors, as dashboards show them', async t => {
  const shown = {
    Doji: 'Doji',
    Hammer: 'Hammer',
    Hanging_Man: 'HangingMan',
    Shooting_Star: 'ShootingStar',
    Bullish_Engulfing: 'BullEngulf',
    Bearish_Engulfing: 'BearEngulf',
    Morning_Star: 'MorningStar',
    Evening_Star: 'EveningStar',
    Bull_Flag: 'BullFlag',
    Ascending_Triangle: 'AscTriangle',
    Resistance_Break: 'ResBreak',
    Weekly_Breakout: 'WeeklyBO',
    Support_Test: 'SupportTest',
    Gap_Fill: 'GapFill',
    Momentum_Shift: 'MomShift',
    Volume_Spike: 'VolSpike'
  }
  for (const [name, short] of Object.entries(shown)) t.equal(shortName(name), short)
})

t.test('any other name: its words, joined, in any spelling', async t => {
  const spellings = ['weekly_breakout', 'WEEKLY BREAKOUT', 'WeeklyBreakout', 'Weekly-Breakout', 'weekly.breakout']
  for (const name of spellings) t.equal(shortName(name), 'WeeklyBO', name)
  t.equal(shortName('RSI_divergence'), 'RSIDivergence')
  t.equal(shortName('3 white soldiers'), '3WhiteSoldiers')
  t.equal(shortName('constructor'), 'Constructor')
  t.equal(shortName('__'), '__')
})

t.test('a short name is never empty and never longer, however many names there are', async () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_ .-]{0,63}$/)
  fc.assert(
    fc.property(name, name => shortName(name).length > 0 && shortName(name).length <= name.length),
    { numRuns: 2_500 }
  )
})
