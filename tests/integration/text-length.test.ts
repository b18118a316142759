import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { KindGuard, type TString } from '@sinclair/typebox'
import * as contracts from '@tickstock/contracts'
import { temporaryFolder } from '@tickstock/test-kit'
import fc from 'fast-check'
import t from 'tap'
import type { LightCheck } from '../../packages/client-bundle/src/runtime/checks.ts'
import { valuesModule } from '../../packages/client-bundle/src/values-module.ts'
import { createAjv } from '../../packages/service-kit/src/validator.ts'

/** Every text of every contract whose length has bounds. */
function boundedTexts(): TString[] {
  const found = new Map<string, TString>()
  const seen = new Set<unknown>()
  const look = (part: unknown) => {
    if (typeof part !== 'object' || part === null || seen.has(part)) return
    seen.add(part)
    if (KindGuard.IsString(part)) {
      const { minLength, maxLength, pattern, format } = part
      if (minLength !== undefined || maxLength !== undefined)
        found.set(JSON.stringify([minLength, maxLength, pattern, format]), part)
    } else Object.values(part).forEach(look)
  }
  Object.values(contracts).forEach(look)
  return [...found.values()]
}

const unit = fc.oneof(
  fc.constantFrom('a', ' ', '-', 'é', '€', '🚀', '👩‍🚀', 'e\u0301', '\u2028', '\ud800', '\udc00'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })
)

/** Texts that are about as long as the longest or the shortest, in units or in code points. */
const textFor = ({ minLength = 0, maxLength = minLength, pattern }: TString) => {
  const near = [0, 1, minLength - 1, minLength, maxLength >> 1, maxLength - 1, maxLength, maxLength + 1]
  const any = fc
    .tuple(fc.array(unit, { minLength: 1, maxLength: 5 }), fc.constantFrom(...near), fc.boolean())
    .map(([units, length, inPoints]) => {
      const points = [...units.join('')]
      const text = Array.from({ length: Math.max(0, length) }, (_, at) => points[at % points.length]).join('')
      return inPoints ? text : text.slice(0, length)
    })
  return pattern === undefined ? any : fc.oneof(any, fc.stringMatching(new RegExp(pattern.replace('(?=.*\\S)', ''))))
}

t.test('a text that one validator accepts is accepted by all, whatever it is made of', async t => {
  const texts = boundedTexts()
  const ajv = createAjv({ coerce: false })
  const file = join(await temporaryFolder(t), 'values.mjs')
  const checks = new URL('../../packages/client-bundle/src/runtime/checks.ts', import.meta.url).href
  const named = Object.fromEntries(texts.map((schema, at) => [`text${at}`, schema]))
  await writeFile(file, valuesModule([named], checks))
  const light: Readonly<Record<string, LightCheck>> = await import(pathToFileURL(file).href)
  let accepted = 0
  let refused = 0

  for (const [at, schema] of texts.entries()) {
    const atTheEdge = ajv.compile(schema)
    const { accepts } = contracts.checkOf(schema)
    const inBrowsers = light[`text${at}`]
    assert.ok(inBrowsers)
    fc.assert(
      fc.property(textFor(schema), text => {
        const verdict = atTheEdge(text)
        if (verdict) accepted++
        else refused++
        assert.equal(accepts(text), verdict, 'contracts')
        assert.equal(inBrowsers(text) === undefined, verdict, 'browsers')
      }),
      { numRuns: Number(process.env.RUNS ?? 200) }
    )
  }

  t.ok(texts.length > 10, `${texts.length} kinds of text`)
  t.ok(accepted > 500 && refused > 500, `${accepted} accepted, ${refused} refused`)
})
