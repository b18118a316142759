import { Readable } from 'node:stream'
import t from 'tap'
import { type ImportTarget, importLines } from '../../src/import-patterns/importer.ts'
import { published } from '../events.ts'

const linesOf = (count: number, of = (n: number) => published(`flow-${n}`)) =>
  Readable.from([Buffer.from(Array.from({ length: count }, (_, n) => of(n)).join('\n'))])

const silent = { channel: 'daily', now: Date.now, onRefused() {}, onProgress() {}, onStalled() {} } as const

t.test('it waits for those who take what it sends, and says so where nobody does', async t => {
  const waiting = [10_001, 10_001, 10_000]
  const sent: number[] = []
  const target: ImportTarget = {
    send: async payloads => {
      sent.push(payloads.length)
    },
    waiting: async () => waiting.shift() ?? 0
  }
  const progress: number[] = []
  const stalled: number[] = []
  const sums = await importLines(linesOf(600), {
    ...silent,
    target,
    onProgress: ({ sent }) => progress.push(sent),
    onStalled: waiting => stalled.push(waiting),
    stalledAfterMs: 0
  })
  t.same(stalled, [10_001])

  t.same(sums, { lines: 600, sent: 600, refused: 0 })
  t.same(sent, [256, 256, 88])
  t.same(progress, [256, 512, 600])
  t.same(waiting, [])
})

t.test('what is only checked is not sent', async t => {
  const refused: [number, string][] = []
  const sums = await importLines(
    linesOf(3, n => (n === 1 ? 'hello' : published(`flow-${n}`))),
    {
      ...silent,
      target: undefined,
      onRefused: (line, reason) => refused.push([line, reason])
    }
  )
  t.same(sums, { lines: 3, sent: 2, refused: 1 })
  t.same(refused, [[2, 'not_json']])
})

t.test('a failure of the target ends it', async t => {
  const target: ImportTarget = { send: () => Promise.reject(new Error('full')), waiting: async () => 0 }
  await t.rejects(importLines(linesOf(1), { ...silent, target }), { message: 'full' })
})
