import { parseArgs } from 'node:util'
import { writeDocs } from './write-docs.ts'

const HELP = `Usage: npm run api-docs -- FOLDER

Writes the API page of all services into FOLDER: index.html (OpenAPI), live.html (the WebSocket protocol), openapi.json, asyncapi.json.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h' } }
})
const [folder, ...others] = positionals

if (values.help) process.stdout.write(HELP)
else if (folder === undefined || others.length > 0) {
  process.stderr.write(`Name one folder.\n\n${HELP}`)
  process.exitCode = 1
} else {
  await writeDocs(folder)
  process.stdout.write(`The API page is in ${folder}\n`)
}
