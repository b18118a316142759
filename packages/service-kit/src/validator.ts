import { Ajv, type AnySchema, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'

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
    removeAdditional: options.removeAdditional ?? false,
    coerceTypes: options.coerce ? 'array' : false,
    // Of text that is made the number Infinity (1e309), Ajv would else skip the bounds: its guard finds it no number.
    strictNumbers: !options.coerce
  })
  formats.default(ajv, ['date-time'])
  // Their own takes `urn:uuid:…` too, which Postgres refuses as a fault of ours.
  ajv.addFormat('uuid', UUID)
  return ajv
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Validators for the parts of a request, as Fastify asks for them. */
export function validatorCompiler(): (part: { schema: AnySchema; httpPart?: string }) => ValidateFunction {
  const textual = createAjv({ coerce: true })
  const json = createAjv({ coerce: false })
  return ({ schema, httpPart }) => (httpPart === 'body' ? json : textual).compile(schema)
}
