import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { greeting } from '../src/greeting.ts'

const said = { url: 'http://localhost:8081', notes: [], logsDir: '.data/logs', patterns: 7, seconds: 1 }

t.test('the live feed is told with its url where the watch command would not find it', async t => {
  const watchCommand = (isFound: boolean) =>
    /npm run watch.*/.exec(stripVTControlCharacters(greeting({ ...said, isFound })))?.[0]

  t.equal(watchCommand(true), 'npm run watch')
  t.equal(watchCommand(false), 'npm run watch -- --url http://localhost:8081')
})
