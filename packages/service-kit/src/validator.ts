import { isRedisUrl } from '@tickstock/event-log'
import { Ajv, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import { REDIS_URL_FORMAT } from './redis-url-format.ts'

/**
 * AJV as every edge of a service uses it: nothing is dropped, every error is told, and an error carries its schema, so
 * that {@link fieldErrors} can say what was expected.
 *
 * Text is made a number, a boolean or a list of one only where everything is text: query, path, headers, environment.
 */
export function createAjv(options: { readonly coerce: boolean; readonly removeAdditional?: boolean }): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    allowUnionTypes: true,
    addUsedSchema: false,
    // Our schemas are TypeBox's, and a test checks them: the check of schemas takes a tenth of a service's start.
    meta: false,
    validateSchema: false,
    removeAdditional: options.removeAdditional ?? false,
    coerceTypes: options.coerce ? 'array' : false,
    // Of text that is made the number Infinity (1e309), Ajv would else skip the bounds: its guard finds it no number.
    strictNumbers: !options.coerce
  })
  formats.default(ajv, ['date-time'])
  // Their own takes `urn:uuid:…` too, which Postgres refuses as a fault of ours.
  ajv.addFormat('uuid', UUID)
  ajv.addFormat(REDIS_URL_FORMAT, isRedisUrl)
  return ajv
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Decides, and tells afterwards what was wrong. */
interface Validator {
  (data: unknown): boolean
  errors?: ErrorObject[] | null
}

/** Validators for the parts of a request, as Fastify asks for them. */
export function validatorCompiler(): (part: {
  schema: AnySchemaObject
  httpPart?: string
}) => ValidateFunction | Validator {
  const textual = createAjv({ coerce: true })
  const json = createAjv({ coerce: false })
  return ({ schema, httpPart }) =>
    httpPart === 'body' ? json.compile(schema) : withDecimals(schema, textual.compile(schema))
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** Ajv takes for a number whatever JavaScript does: ` 0.5`, `0x1`. Nobody means that. */
function withDecimals({ properties }: AnySchemaObject, validate: ValidateFunction): ValidateFunction | Validator {
  const numbers = Object.entries(Object(properties)).filter(([, schema]) => isNumber(schema))
  if (numbers.length === 0) return validate
  const check: Validator = data => {
    const given = new Map(Object.entries(Object(data)))
    const odd = numbers.filter(([name]) => {
      const text = given.get(name)
      return typeof text === 'string' && !DECIMAL.test(text)
    })
    const isValid = validate(data)
    check.errors = [...(validate.errors ?? []), ...odd.map(([name, schema]) => notDecimal(name, schema))]
    return isValid && odd.length === 0
  }
  return check
}

const isNumber = (schema: unknown): schema is { readonly type: string } =>
  typeof schema === 'object' &&
  schema !== null &&
  'type' in schema &&
  (schema.type === 'number' || schema.type === 'integer')

const notDecimal = (name: string, schema: unknown): ErrorObject => ({
  keyword: 'type',
  instancePath: `/${name}`,
  schemaPath: `#/properties/${name}/type`,
  params: {},
  parentSchema: Object(schema)
})
