import { KindGuard, type TSchema } from '@sinclair/typebox'
import type { Route } from '@tickstock/contracts'
import * as checks from './runtime/checks.ts'
import { PURE, SchemaCode } from './schema-code.ts'

/** Functions and classes: whatever has code of its own. */
export const isFunction = (value: unknown): boolean => typeof value === 'function'

/**
 * A module with all that these export beside functions.
 *
 * @param from where the light checks are
 */
export function valuesModule(modules: readonly Readonly<Record<string, unknown>>[], from: string): string {
  const schemas = new SchemaCode()
  const exported = modules
    .flatMap(module => Object.entries(module))
    .filter(([, value]) => !isFunction(value))
    .map(([name, value]) => `export const ${name} = ${codeOf(value, schemas)}`)
  const imports = `import { ${Object.keys(checks).join(', ')} } from ${JSON.stringify(from)}`
  return `${imports}\nconst route = (method, url, response) => ({ method, url, schema: { response } })\n${schemas.withDeclarations(exported.join('\n'))}`
}

function codeOf(value: unknown, schemas: SchemaCode): string {
  if (isSchema(value)) return schemas.write(value)
  if (isRoute(value)) return routeCode(value, schemas)
  return JSON.stringify(value)
}

/** What a caller needs: where, and what comes where it goes well. */
function routeCode({ method, url, schema }: Route, schemas: SchemaCode): string {
  const answers = Object.entries(schema.response)
    .filter(([status, answer]) => status.startsWith('2') && !KindGuard.IsNull(answer))
    .map(([status, answer]) => `${status}: ${schemas.write(answer)}`)
  return `${PURE} route('${method}', '${url}', { ${answers.join(', ')} })`
}

const isSchema = (value: unknown): value is TSchema => KindGuard.IsSchema(value)

const isRoute = (value: unknown): value is Route =>
  typeof value === 'object' && value !== null && 'method' in value && 'url' in value && 'schema' in value
