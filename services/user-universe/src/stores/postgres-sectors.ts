import type { Sectors } from '@tickstock/contracts'
import type { NotNull } from 'kysely'
import type { Database } from './database.ts'

/** Every sector with its symbols, each in their order; those without a sector are left out. One query. */
export async function readSectors(database: Pick<Database, 'read'>): Promise<Sectors['sectors']> {
  const rows = await database.read(reader =>
    reader
      .selectFrom('symbols')
      .select(({ fn }) => ['sector', fn.agg<string[]>('array_agg', ['symbol']).orderBy('symbol').as('symbols')])
      .where('sector', 'is not', null)
      .groupBy('sector')
      .orderBy('sector')
      .$narrowType<{ sector: NotNull }>()
      .execute()
  )
  return Object.fromEntries(rows.map(({ sector, symbols }) => [sector, symbols]))
}
