import { styleText } from 'node:util'

export interface Greeting {
  readonly url: string
  /** Whether `npm run watch` finds the url by itself: it looks in the usual data folder. */
  readonly isFound: boolean
  readonly notes: readonly string[]
  readonly logsDir: string
  readonly patterns: number
  readonly seconds: number
}

/** What the user sees when everything runs: one URL, three commands to try, and where all others stand. */
export function greeting({ url, isFound, notes, logsDir, patterns, seconds }: Greeting): string {
  const bold = (text: string) => styleText('bold', text)
  const dim = (text: string) => styleText('dim', text)
  return [
    '',
    `${bold('TickStock runs at')} ${styleText(['bold', 'cyan'], url)}   ${dim(`${patterns} live patterns, ready in ${seconds.toFixed(1)} s`)}`,
    ...notes.map(note => dim(note)),
    '',
    `  ${bold('Scan')}        curl '${url}/api/patterns/scan?confidence_min=0.8&per_page=5'`,
    `  ${bold('Watchlist')}   curl -X POST ${url}/api/users/universe/watchlists -H 'X-User-ID: you' \\`,
    `                -H 'Content-Type: application/json' -d '{"name":"Tech","symbols":["AAPL","MSFT"]}'`,
    `  ${bold('Live feed')}   npm run watch${isFound ? '' : ` -- --url ${url}`}`,
    `  ${bold('In a page')}   ${url}/sdk/`,
    `  ${bold('All else')}    ${url}/docs/`,
    '',
    dim(`Logs are in ${logsDir}. Ctrl-C stops everything.`),
    ''
  ].join('\n')
}
