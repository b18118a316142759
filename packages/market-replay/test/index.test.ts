import t from 'tap'
import * as marketReplay from '../src/index.ts'

t.test('the package offers its bars, detectors and the loading of symbols', async t => {
  t.same(Object.keys(marketReplay).sort(), [
    'BarsError',
    'DAY_MS',
    'DETECTORS',
    'INDEX_NAME',
    'INDEX_SYMBOL',
    'loadSymbols',
    'parseBars',
    'readBarsFolder',
    'readIndexBars',
    'studyOf'
  ])
})
