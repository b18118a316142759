/**
 * Follows the patterns of a few symbols, and goes on where it was when it is started again: each event is handled once, or a gap is told.
 *
 *   npm run example -- [URL] [SYMBOL …]
 */
import { createClient, LiveRefusedError } from '@tickstock/client'
import { fileStore } from '@tickstock/client/node'

const [url = 'http://localhost:8080', ...symbols] = process.argv.slice(2)

// In production: `token: () => currentToken()`, asked anew for each request and socket. A bare name is for services in development mode.
const client = createClient({
  url,
  user: 'example',
  onStatus: ({ state, behind, age }) => {
    const old = age === undefined ? '' : `, ${Math.round(age / 1000)} s old`
    console.error(state + old + (behind === 0 ? '' : `, ${behind} behind`))
  }
})

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

const live = client.live(
  {
    ...(symbols.length > 0 && { filter: { symbols } }),
    // The first time what lives now, then after what this program was done with last.
    from: 'snapshot',
    keep: { store: fileStore('.data/example-positions.json'), key: `${url} ${symbols}` }
  },
  { signal: stop.signal }
)

try {
  for await (const item of live) {
    if (item.type === 'snapshot') for (const { symbol, pattern } of item.patterns) console.log('lives', symbol, pattern)
    if (item.type === 'event') await handle(item.event.kind, item.event.pattern)
    if (item.type === 'gap') {
      console.error(`lost in ${item.channel}: offsets ${item.have.offset + 1} to ${item.next.offset} (${item.reason})`)
      // Here a program would make it good, e.g. by `client.scan()`.
      live.rescanned()
    }
  }
} catch (error) {
  if (!(error instanceof LiveRefusedError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
client.close()

/** Whatever it waits for: the next event comes after it, and only then this one counts as done. */
async function handle(kind: string, { symbol, pattern }: { symbol: string; pattern: string }): Promise<void> {
  console.log(kind, symbol, pattern)
}
