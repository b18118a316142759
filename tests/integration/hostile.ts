import type { Route } from '@tickstock/contracts'

/** What somebody sends who wants more than an answer. */
export const HOSTILE: readonly string[] = [
  "' OR '1'='1",
  "'; DROP TABLE user_watchlists; --",
  "1'); UPDATE user_watchlists SET user_id = 'bob'; --",
  '"; SELECT pg_sleep(5); --',
  "%' OR name LIKE '%",
  '$1',
  '\\',
  '\u0000',
  '\ud800',
  '\r\nFLUSHALL\r\n',
  '*1\r\n$8\r\nFLUSHALL\r\n',
  '{tickstock}:*',
  'tickstock:patterns:unified',
  "');redis.call('flushall')--",
  '../../../etc/passwd',
  '$\u007bjndi:ldap://127.0.0.1/x}',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'x'.repeat(5_000),
  '🦊'.repeat(80),
  '-1',
  '1e309',
  'NaN',
  '%',
  '%00',
  ''
]

/** Where in a request something is put. */
export interface Place {
  readonly part: 'params' | 'query' | 'headers' | 'body'
  readonly path: readonly string[]
}

/** Every place of a route's request that can be given text, whatever it is for. */
export function placesOf({ schema }: Route): Place[] {
  const parts = { params: schema.params, query: schema.querystring, headers: schema.headers, body: schema.body }
  return Object.entries(parts).flatMap(([part, schema]) =>
    schema === undefined || !isPart(part) ? [] : distinct(leavesOf(schema)).map(path => ({ part, path }))
  )
}

const distinct = (paths: readonly string[][]): string[][] => [
  ...new Map(paths.map(path => [path.join('.'), path])).values()
]

const isPart = (name: string): name is Place['part'] => ['params', 'query', 'headers', 'body'].includes(name)

/** Paths of all values of a schema that are no objects; of a list, those of its first item and the list itself; of alternatives, those of each. */
function leavesOf(schema: unknown, deepest = 6): string[][] {
  if (typeof schema !== 'object' || schema === null || deepest === 0) return []
  if ('properties' in schema && typeof schema.properties === 'object' && schema.properties !== null) {
    return Object.entries(schema.properties).flatMap(([name, inner]) =>
      leavesOf(inner, deepest - 1).map(path => [name, ...path])
    )
  }
  if ('anyOf' in schema && Array.isArray(schema.anyOf)) return schema.anyOf.flatMap(one => leavesOf(one, deepest))
  if ('items' in schema) return [[], ...leavesOf(schema.items, deepest - 1).map(path => ['0', ...path])]
  return [[]]
}

/** A copy of `value` with `text` at `path`; what is missing on the way is made. */
export function withAt(value: unknown, [name, ...rest]: readonly string[], text: string): unknown {
  if (name === undefined) return text
  if (name === '0') return [withAt(Array.isArray(value) ? value[0] : undefined, rest, text)]
  const object = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
  const inner: unknown = Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined
  return Object.fromEntries([...Object.entries(object), [name, withAt(inner, rest, text)]])
}
