import { type ProblemCode, ProblemError } from '@tickstock/contracts'
import { createRegistry } from '@tickstock/service-kit'
import t from 'tap'
import { createCacheInstruments } from '../../../src/stores/cache/cache-instruments.ts'
import { WriteThrough } from '../../../src/stores/cache/write-through.ts'

/** A write that ends with an error, over entries that say what became of it. */
async function endsOf(error: unknown): Promise<string[]> {
  const ends: string[] = []
  const writes = new WriteThrough({
    entries: {
      beginWrite: async () => undefined,
      endWrite: async () => {
        ends.push('ended')
        return undefined
      }
    },
    textOf: () => '',
    instruments: createCacheInstruments(createRegistry()),
    relayed: async () => void ends.push('relayed')
  })
  await writes.around('alice', () => Promise.reject(error)).catch(() => undefined)
  return ends
}

t.test('what may have been committed is made void, what was refused is left', async t => {
  const problem = (code: ProblemCode) => new ProblemError(code, 'x')
  t.same(await endsOf(problem('database_unavailable')), ['ended', 'relayed'], 'the connection broke at the commit')
  t.same(await endsOf(new Error('lost')), ['ended', 'relayed'])
  t.same(await endsOf(problem('version_mismatch')), [])
})
