import fc from 'fast-check'

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom(-1, 0, 1, 1.5, 1e300, '', 'A', 'daily', 'x'.repeat(300), null, true, [], {})
)

/** Values with one place changed: replaced, taken out, or put in. */
export const mutated = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(values, fc.array(fc.nat(20), { maxLength: 6 }), anything, fc.constantFrom('replace', 'remove', 'add'))
    .map(([value, path, other, how]) => changed(structuredClone(value), path, other, how))

function changed(value: unknown, [step, ...path]: readonly number[], other: unknown, how: string): unknown {
  const isInner = typeof value === 'object' && value !== null
  const keys = isInner ? Object.keys(value) : []
  if (step === undefined || !isInner || (keys.length === 0 && how !== 'add')) return other
  const key = keys[step % Math.max(1, keys.length)] ?? 'added'
  const parts: [string, unknown][] = Object.entries(value)
  const next = parts.flatMap(([name, part]): [string, unknown][] => {
    if (name !== key) return [[name, part]]
    if (path.length > 0) return [[name, changed(part, path, other, how)]]
    return how === 'remove' ? [] : how === 'add' ? [[name, part]] : [[name, other]]
  })
  if (path.length === 0 && how === 'add') next.push(['added', other])
  return Array.isArray(value) ? next.map(([, part]) => part) : Object.fromEntries(next)
}
