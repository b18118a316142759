import { readFile } from 'node:fs/promises'
import t from 'tap'
import { specRows } from './spec.ts'

/** Without the blanks that line up a table's columns. */
const plain = (line: string) => line.replace(/\s+/g, ' ').trim()

t.test('SPEC.md says what the session is held to', async t => {
  const text = await readFile(new URL('../../SPEC.md', import.meta.url), 'utf8')
  const lines = new Set(text.split('\n').map(plain))

  t.same(
    specRows()
      .map(plain)
      .filter(row => !lines.has(row)),
    [],
    'these rows belong into its table'
  )
})
