import { Client } from 'pg'

/** Works in one transaction of the producer's; with `keep` false nothing of it stays. */
export async function withSymbols<Result>(
  database: string,
  { keep }: { readonly keep: boolean },
  work: (client: Client) => Promise<Result>
): Promise<Result> {
  const client = new Client({
    connectionString: database,
    application_name: 'market-replay',
    connectionTimeoutMillis: 10_000
  })
  await client.connect()
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query(keep ? 'COMMIT' : 'ROLLBACK')
    return result
  } finally {
    await client.end()
  }
}
