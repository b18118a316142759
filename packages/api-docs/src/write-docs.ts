import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { marked } from 'marked'
import { asyncApiDocument } from './async-api.ts'
import { openApiDocument } from './open-api.ts'

const site = fileURLToPath(new URL('../site', import.meta.url))
const protocol = new URL('../../contracts/PROTOCOL.md', import.meta.url)
const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist'))

const PLACE = '<!--PROTOCOL-->'

/** Writes the page and both documents into a folder, which is made where it is missing: any web server can serve it. */
export async function writeDocs(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const live = await readFile(join(site, 'live.html'), 'utf8')
  const text = await marked.parse(await readFile(protocol, 'utf8'))
  // Beside the schemas the text points to them; here they stand in the document.
  const linked = text.replaceAll('href="src/socket"', 'href="asyncapi.json"')
  await Promise.all([
    writeFile(join(folder, 'openapi.json'), JSON.stringify(await openApiDocument(), null, 2)),
    writeFile(join(folder, 'asyncapi.json'), JSON.stringify(asyncApiDocument(), null, 2)),
    writeFile(
      join(folder, 'live.html'),
      live.replace(PLACE, () => linked)
    ),
    ...['index.html', 'docs.css', 'docs.js'].map(name => copyFile(join(site, name), join(folder, name))),
    ...['swagger-ui-bundle.js', 'swagger-ui.css'].map(name => copyFile(join(swaggerUi, name), join(folder, name)))
  ])
}
