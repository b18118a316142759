/**
 * What a contract says, as a function: gives the path of the first thing that is wrong (`''` for the value itself), or undefined. These stand in for the
 * schemas in a browser, where TypeBox would be two thirds of the file and may not make code from text.
 *
 * What the contracts' own code reads of a schema, a check has too: `anyOf`, `properties`, `const`.
 */
export type LightCheck = (value: unknown) => string | undefined

/** At least and at most; undefined is no bound. */
type Bounds = readonly [least?: number | undefined, most?: number | undefined]

const isWithin = (size: number, [least, most]: Bounds) =>
  !(least !== undefined && size < least) && !(most !== undefined && size > most)

const when =
  (accepts: (value: unknown) => boolean): LightCheck =>
  value =>
    accepts(value) ? undefined : ''

export const unknown: LightCheck = () => undefined

/** Nothing is. */
export const none: LightCheck = () => ''

export const boolean: LightCheck = when(value => typeof value === 'boolean')

export const literal = (value: unknown) =>
  Object.assign(
    when(given => given === value),
    { const: value }
  )

export const choice = (...values: readonly unknown[]): LightCheck => when(given => values.includes(given))

export const number = (...bounds: Bounds): LightCheck =>
  when(value => typeof value === 'number' && Number.isFinite(value) && isWithin(value, bounds))

export const integer = (...bounds: Bounds): LightCheck =>
  when(value => typeof value === 'number' && Number.isInteger(value) && isWithin(value, bounds))

/** In code points, as every other validator counts. */
const hasLength = (text: string, bounds: Bounds) => bounds.length === 0 || isWithin([...text].length, bounds)

export const string = (...bounds: Bounds): LightCheck =>
  when(value => typeof value === 'string' && hasLength(value, bounds))

/** A text with bounds, and of a pattern. */
export const match = (pattern: RegExp, ...bounds: Bounds): LightCheck =>
  when(value => typeof value === 'string' && hasLength(value, bounds) && pattern.test(value))

export const union = (...anyOf: LightCheck[]) =>
  Object.assign(
    when(value => anyOf.some(check => check(value) === undefined)),
    { anyOf }
  )

export const array =
  (items: LightCheck, ...bounds: Bounds): LightCheck =>
  value =>
    Array.isArray(value) && isWithin(value.length, bounds) ? firstFault(value, () => items) : ''

/** A list in which no text comes twice. */
export const set = (items: LightCheck, ...bounds: Bounds): LightCheck => {
  const list = array(items, ...bounds)
  return value => list(value) ?? (Array.isArray(value) && new Set(value).size < value.length ? '' : undefined)
}

export const record =
  (values: LightCheck, keys: RegExp, ...bounds: Bounds): LightCheck =>
  value =>
    isObject(value) && isWithin(Object.keys(value).length, bounds)
      ? firstFault(value, key => (keys.test(key) ? values : unknown))
      : ''

/**
 * @param names the properties; those that may be missing end with `?`
 * @param others what properties with other names must be
 */

export function object(named: Readonly<Record<string, LightCheck>>, others = unknown, ...bounds: Bounds) {
  const properties: Record<string, LightCheck> = {}
  const required: string[] = []
  for (const [name, check] of Object.entries(named)) {
    const [plain = name, mark] = name.split('?')
    properties[plain] = check
    if (mark === undefined) required.push(plain)
  }
  const check: LightCheck = value => {
    if (!isObject(value) || !isWithin(Object.keys(value).length, bounds)) return ''
    const missing = required.find(name => !(name in value))
    if (missing !== undefined) return `/${missing}`
    return firstFault(value, key => (Object.hasOwn(properties, key) ? properties[key] : others) ?? others)
  }
  return Object.assign(check, { properties })
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function firstFault(value: object, checkOf: (key: string) => LightCheck): string | undefined {
  for (const [key, part] of Object.entries(value)) {
    const fault = checkOf(key)(part)
    if (fault !== undefined) return `/${key}${fault}`
  }
  return undefined
}
