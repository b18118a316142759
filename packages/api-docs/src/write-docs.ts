import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Marked } from 'marked'
import { asyncApiDocument } from './async-api.ts'
import { openApiDocument } from './open-api.ts'

const site = fileURLToPath(new URL('../site', import.meta.url))
const protocol = new URL('../../contracts/PROTOCOL.md', import.meta.url)

const SWAGGER_UI = [
  import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
  import.meta.resolve('swagger-ui-dist/swagger-ui.css')
]

const PLACE = '<!--PROTOCOL-->'

/** Headings have the ids that links of the text lead to, made as the readers of repositories make them. */
const markdown = new Marked({
  renderer: {
    heading({ tokens, depth, text }) {
      return `<h${depth} id="${slugOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
    }
  }
})

const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replace(/\s/g, '-')

/** Writes the page and both documents into a folder, which is made where it is missing: any web server can serve it. */
export async function writeDocs(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const live = await readFile(join(site, 'live.html'), 'utf8')
  const text = await markdown.parse(await readFile(protocol, 'utf8'))
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
    ...SWAGGER_UI.map(file => copyFile(fileURLToPath(file), join(folder, basename(file))))
  ])
}
