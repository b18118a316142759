import { KindGuard, type TObject, type TRecord, type TSchema, type TString, type TUnion } from '@sinclair/typebox'

/** What texts of a format look like. */
const FORMATS: Readonly<Record<string, string>> = {
  uuid: '^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$'
}

/** Lets a bundler leave out what nobody uses. */
export const PURE = '/* @__PURE__ */'

/** Characters from which on code has a name, so that it is written once. */
const NAMED_FROM = 40

/** Writes schemas as calls of the light checks (`runtime/checks.ts`), without what they say to people. */
export class SchemaCode {
  readonly #names = new Map<string, string>()

  /** What was written, after the statements that it needs; what has a name and is used once alone stands where it is used. */
  withDeclarations(written: string): string {
    let text = written
    let declarations = ''
    for (const [code, name] of [...this.#names].reverse()) {
      const uses = new RegExp(`\\b${name}\\b`, 'g')
      const [, ...more] = `${declarations}${text}`.match(uses) ?? []
      if (more.length > 0) declarations = `const ${name} = ${code}\n${declarations}`
      else {
        declarations = declarations.replace(uses, () => code)
        text = text.replace(uses, () => code)
      }
    }
    return `${declarations}${text}`
  }

  /** @returns an expression @throws Error where the light checks have nothing for it */
  write(schema: TSchema): string {
    const code = this.#code(schema)
    if (code.length < NAMED_FROM) return code
    const name = this.#names.get(code) ?? `check${this.#names.size}`
    this.#names.set(code, name)
    return name
  }

  #code(schema: TSchema): string {
    if (KindGuard.IsUnknown(schema)) return 'unknown'
    if (KindGuard.IsNull(schema)) return call('literal', 'null')
    if (KindGuard.IsBoolean(schema)) return 'boolean'
    if (KindGuard.IsLiteral(schema)) return call('literal', JSON.stringify(schema.const))
    if (KindGuard.IsInteger(schema)) return call('integer', schema.minimum, schema.maximum)
    if (KindGuard.IsNumber(schema)) return call('number', schema.minimum, schema.maximum)
    if (KindGuard.IsString(schema)) return stringCode(schema)
    if (KindGuard.IsUnion(schema)) return this.#union(schema)
    if (KindGuard.IsArray(schema)) {
      return call(
        schema.uniqueItems === true ? 'set' : 'array',
        this.write(schema.items),
        schema.minItems,
        schema.maxItems
      )
    }
    if (KindGuard.IsRecord(schema)) return this.#record(schema)
    if (KindGuard.IsObject(schema)) return this.#object(schema)
    throw new Error(`no light check is known for ${JSON.stringify(schema)}`)
  }

  #union({ anyOf }: TUnion): string {
    if (!anyOf.every(KindGuard.IsLiteral)) return call('union', ...anyOf.map(member => this.write(member)))
    return call('choice', ...anyOf.map(member => JSON.stringify(member.const)))
  }

  #record({ patternProperties, minProperties, maxProperties }: TRecord): string {
    const values = Object.entries(patternProperties).flatMap(([keys, part]) => [this.write(part), regExp(keys)])
    return call('record', ...values, minProperties, maxProperties)
  }

  #object({ properties, additionalProperties: others, minProperties, maxProperties }: TObject): string {
    const named = Object.entries(properties).map(
      ([name, part]) => `${JSON.stringify(KindGuard.IsOptional(part) ? `${name}?` : name)}: ${this.write(part)}`
    )
    const rest = others === false ? 'none' : typeof others === 'object' ? this.write(others) : undefined
    return call('object', `{ ${named.join(', ')} }`, rest, minProperties, maxProperties)
  }
}

const regExp = (pattern: string): string => String(new RegExp(pattern))

function stringCode({ pattern, format, minLength, maxLength }: TString): string {
  const source = format === undefined ? pattern : FORMATS[format]
  if (source !== undefined) return call('match', regExp(source), minLength, maxLength)
  if (format === undefined) return call('string', minLength, maxLength)
  throw new Error(`no light check is known for a ${format}`)
}

function call(name: string, ...given: readonly unknown[]): string {
  const last = given.findLastIndex(one => one !== undefined)
  return `${PURE} ${name}(${given
    .slice(0, last + 1)
    .map(String)
    .join(', ')})`
}
