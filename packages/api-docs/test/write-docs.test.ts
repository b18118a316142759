import { readFile } from 'node:fs/promises'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { writeDocs } from '../src/index.ts'

t.test('the page has all that it names, and the protocol as text', async t => {
  const folder = `${await temporaryFolder(t)}/docs`

  await writeDocs(folder)

  const read = (name: string) => readFile(`${folder}/${name}`, 'utf8')
  for (const page of ['index.html', 'live.html']) {
    const named = [...(await read(page)).matchAll(/(?:src|href)="([\w.-]+)"/g)].map(([, name]) => `${name}`)
    t.ok(named.length > 3)
    for (const name of named) t.ok((await read(name)).length > 0, `${page} names ${name}`)
  }
  const live = await read('live.html')
  t.match(live, />Loss cannot hide<\/h2>/)
  t.notMatch(live, /href="src\//, 'no link leads beside the page')
  const places = [...live.matchAll(/href="#([^"]+)"/g)].map(([, place]) => `${place}`)
  t.ok(places.length > 3)
  for (const place of places) t.match(live, `id="${place}"`, `there is a place ${place}`)
  t.match(JSON.parse(await read('openapi.json')), { openapi: '3.1.0' })
  t.match(JSON.parse(await read('asyncapi.json')), { asyncapi: '3.0.0' })
})
