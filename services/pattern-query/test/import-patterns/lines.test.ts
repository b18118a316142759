import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { linesOf } from '../../src/import-patterns/lines.ts'

async function* inChunks(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(text: string, size = 7, longest = 100): Promise<[number, string][]> {
  const lines: [number, string][] = []
  for await (const { number, bytes } of linesOf(inChunks(Buffer.from(text), size), longest)) {
    lines.push([number, bytes.toString()])
  }
  return lines
}

t.test('lines are numbered as an editor does, whatever ends them; empty ones are left out', async t => {
  t.same(await read('one\r\n\n  \ntwo\nthree'), [
    [1, 'one'],
    [4, 'two'],
    [5, 'three']
  ])
  t.same(await read(''), [])
})

t.test('of a line that is too long no more is kept than shows it', async t => {
  t.same(await read(`${'x'.repeat(1_000)}\nnext`, 64, 10), [
    [1, 'x'.repeat(11)],
    [2, 'next']
  ])
})

t.test('however the bytes come in, the lines are the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.stringMatching(/^[a-zä{}" ]{0,30}$/)),
      fc.integer({ min: 1, max: 40 }),
      async (lines, size) => {
        const expected = lines.flatMap((line, at) => (line.trim() === '' ? [] : [[at + 1, line]]))
        assert.deepEqual(await read(lines.join('\n'), size), expected)
      }
    )
  )
})
