import { writeFile } from 'node:fs/promises'
import { startPostgres } from '@tickstock/test-kit'
import { schemaOf } from './fixtures/schema-of.ts'
import { universeDatabase } from './fixtures/universe-database.ts'

/** Writes `schema.sql` anew, after a migration was added: what changed is then in the diff. */
const ends: (() => unknown)[] = []
const t = { teardown: (end: () => unknown) => ends.push(end) }
try {
  const urls = await universeDatabase(t, await startPostgres(t))
  await writeFile(new URL('../schema.sql', import.meta.url), await schemaOf(urls.superuser))
} finally {
  for (const end of ends.reverse()) await end()
}
