import asyncApiSchema from '@asyncapi/specs/schemas/3.0.0.json' with { type: 'json' }
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Ajv } from 'ajv'
import t from 'tap'
import { asyncApiDocument, exampleOf, openApiDocument, publicRoutes } from '../src/index.ts'

t.test('the OpenAPI document passes the linter', async t => {
  const config = await createConfig({
    extends: ['spec', 'recommended'],
    // A socket opens with 101, and what is public and takes nothing has nothing to refuse.
    rules: { 'operation-2xx-response': 'off', 'operation-4xx-response': 'off' }
  })

  const findings = await lintFromString({ source: JSON.stringify(await openApiDocument()), config })

  t.same(
    findings.map(
      ({ ruleId, severity, message, location }) => `${severity} ${ruleId}: ${message} ${location[0]?.pointer}`
    ),
    []
  )
})

t.test('every route that callers reach has its place, and an example wherever it must be told something', async t => {
  const document = await openApiDocument()
  const { paths } = document
  for (const { method, url, schema } of publicRoutes) {
    const path = url.replaceAll(/:(\w+)/g, '{$1}')
    t.match(paths, { [path]: { [method.toLowerCase()]: { operationId: String } } }, `${method} ${url}`)
    if (schema.params || schema.body) t.ok(exampleOf(method, url), `${method} ${url} has an example`)
  }
})

t.test('the AsyncAPI document is one, by the specification’s own schema', async t => {
  // It brings the schema of schemas along, which ajv has too.
  const options = { meta: false, validateSchema: false, strict: false, validateFormats: false, logger: false } as const
  const validate = new Ajv(options).compile(asyncApiSchema)

  const isValid = validate(asyncApiDocument())

  t.same(validate.errors ?? [], [])
  t.ok(isValid)
})

t.test('the schemas of every route are valid JSON Schema, which services do not check when they start', t => {
  const ajv = new Ajv({ strict: false })
  for (const { method, url, schema } of publicRoutes) {
    const { params, querystring, body, headers, response } = schema
    for (const part of [params, querystring, body, headers, ...Object.values(response)]) {
      if (part !== undefined) t.ok(ajv.validateSchema(part), `${method} ${url}: ${ajv.errorsText()}`)
    }
  }
  t.end()
})
