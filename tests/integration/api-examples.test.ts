import { exampleOf, publicRoutes, writeDocs } from '@tickstock/api-docs'
import { createClient } from '@tickstock/client'
import { checkOf, openSocket, type Route } from '@tickstock/contracts'
import { temporaryFolder, until } from '@tickstock/test-kit'
import t from 'tap'
import { post, producerEvent } from './producer.ts'
import { startWholeSystem } from './whole-system.ts'

/** What a route answers when it does what it was asked for: status, and what is wrong with the body. */
async function answerOf(
  route: Route,
  response: Response
): Promise<{ readonly status: number; readonly fault?: string; readonly body: unknown }> {
  const { status } = response
  const text = await response.text()
  const schema = route.schema.response[status]
  const isJson =
    response.headers.get('content-type')?.includes('json') && !response.headers.get('content-type')?.includes('ndjson')
  const body: unknown = isJson ? JSON.parse(text) : text
  if (schema === undefined || !isJson) return { status, body }
  const fault = checkOf(schema).fault(body)
  return fault === undefined ? { status, body } : { status, body, fault: `${fault.path}: ${fault.message}` }
}

const idIn = (body: unknown): string | undefined =>
  typeof body === 'object' && body !== null && 'id' in body && typeof body.id === 'string' ? body.id : undefined

t.test('every example of the API page does what it says, through nginx', async t => {
  const docsDir = await temporaryFolder(t)
  await writeDocs(docsDir)
  const system = await startWholeSystem(t, { docsDir })
  const authorization = `Bearer ${await system.token('alice')}`
  for (let n = 0; n < 40; n++) await post(system.redis, 'daily', producerEvent(n))
  const client = createClient({ url: system.url, token: () => system.token('alice') })
  const scan = () => client.scan()
  await until(async () => (await scan()).total === 40, { what: 'forty patterns' })

  /** Ids of what lives below a path: the examples name things that only their readers have. */
  const ids = new Map([['/api/patterns', (await scan()).patterns[0]?.id ?? '']])

  for (const route of publicRoutes) {
    const { method, url } = route
    if (url === openSocket.url) continue
    const { params = {}, query = {}, headers = {}, body } = exampleOf(method, url) ?? {}
    const base = url.slice(0, url.indexOf('/:') < 0 ? undefined : url.indexOf('/:'))
    const path = url.replaceAll(/:(\w+)/g, (_, name: string) =>
      encodeURIComponent((name === 'id' ? ids.get(base) : params[name]) ?? '')
    )
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query))
      for (const one of Array.isArray(value) ? value : [value]) search.append(name, `${one}`)

    const response = await fetch(`${system.url}${path}?${search}`, {
      method,
      headers: { authorization, ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    const { status, fault, body: answer } = await answerOf(route, response)

    t.ok(status >= 200 && status < 300, `${method} ${url} answers ${status}: ${JSON.stringify(answer).slice(0, 300)}`)
    t.equal(fault, undefined, `${method} ${url} answers as its schema says`)
    const made = idIn(answer)
    if (method === 'POST' && made !== undefined) ids.set(base, made)
  }

  const page = await fetch(`${system.url}/docs/`)
  t.match(await page.text(), /swagger-ui-bundle/)
})
