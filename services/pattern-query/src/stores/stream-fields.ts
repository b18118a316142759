/** The fields of a stream entry, `[name, value, name, value …]`, by name; of equal names the last. */
export function fieldsOf(pairs: readonly Uint8Array[]): ReadonlyMap<string, Buffer> {
  const fields = new Map<string, Buffer>()
  for (const [at, name] of pairs.entries()) {
    const value = pairs[at + 1]
    if (at % 2 === 0 && value) fields.set(Buffer.from(name).toString('utf8'), Buffer.from(value))
  }
  return fields
}
