import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { IMPORT_LIMIT } from '@tickstock/contracts'
import { errorPages, problemLocations } from './problem-pages.ts'

export interface Upstream {
  readonly host: string
  readonly port: number
  /** Receives requests only when no other does: the port of a successor. Default: false. */
  readonly backup?: boolean
}

export interface NginxConfig {
  /** Address and port, as nginx' `listen` takes them. */
  readonly listen: string
  readonly upstreams: {
    readonly patternQuery: readonly Upstream[]
    readonly userUniverse: readonly Upstream[]
    readonly realtimeGateway: readonly Upstream[]
  }
  /** Folder with the API page, as `npm run api-docs` writes it; without it `/docs/` is not found. */
  readonly docsDir?: string
  /** Folder with the SDK for browsers and its example, as `@tickstock/client-bundle` writes it; without it `/sdk/` is not found. */
  readonly sdkDir?: string
  /** Lets `X-User-ID` through: anybody can then be anybody. Default: false. */
  readonly development?: boolean
  readonly workerProcesses?: number
  /** Of one address. The defaults are far above what a person's dashboard does. */
  readonly limits?: Partial<NginxLimits>
}

export interface NginxLimits {
  readonly requestsPerSecond: number
  readonly requestsBurst: number
  readonly connections: number
  /** Whether they hold for this machine too. Default: false, so that a load test measures the services. */
  readonly loopback: boolean
}

const LIMITS: NginxLimits = { requestsPerSecond: 1_000, requestsBurst: 2_000, connections: 200, loopback: false }

const template = new URL('../nginx.conf.template', import.meta.url)

/** Folder of the page that is served at `/`. */
export const htmlDir = fileURLToPath(new URL('../html', import.meta.url))

/** The text of an `nginx.conf`. */
export function renderNginxConfig(config: NginxConfig): string {
  const { listen, upstreams, development = false, workerProcesses } = config
  const limits = { ...LIMITS, ...config.limits }
  const values = new Map<string, string>([
    ['LISTEN', listen],
    ['WORKER_PROCESSES', workerProcesses === undefined ? 'auto' : `${workerProcesses}`],
    ['PATTERN_QUERY_SERVERS', servers(upstreams.patternQuery)],
    ['USER_UNIVERSE_SERVERS', servers(upstreams.userUniverse)],
    ['REALTIME_GATEWAY_SERVERS', everAgain(upstreams.realtimeGateway)],
    ['USER_ID_HEADER', development ? '$http_x_user_id' : '""'],
    ['IMPORT_BYTES', `${IMPORT_LIMIT}`],
    ['LOOPBACK_LIMITED', limits.loopback ? '1' : '0'],
    ['ERROR_PAGES', errorPages().join('\n    ')],
    ['PROBLEM_LOCATIONS', problemLocations().join('\n    ')],
    ['HTML_DIR', JSON.stringify(htmlDir)],
    ['DOCS_LOCATION', docsLocation(config.docsDir)],
    ['SDK_LOCATION', folderLocation(config.sdkDir)],
    ['PAGE_POLICY', PAGE_POLICY],
    ['REQUESTS_PER_SECOND', `${limits.requestsPerSecond}`],
    ['REQUESTS_BURST', `${limits.requestsBurst}`],
    ['CONNECTIONS_PER_ADDRESS', `${limits.connections}`]
  ])
  const text = readFileSync(template, 'utf8')
  // The variables of nginx have no braces; ${NAME} is ours, and in the comment at the top it stands for itself.
  return text.replace(/\$\{([A-Z_]+)\}/g, (whole, name: string) => values.get(name) ?? whole)
}

/** A page may use what it came with, and talk to where it came from. */
const PAGE_POLICY = `"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"`

const folderLocation = (dir: string | undefined): string =>
  dir === undefined ? 'return 404;' : `alias ${JSON.stringify(`${dir}/`)};`

/** Swagger UI sets styles from its scripts, hence unsafe-inline for those. */
const docsLocation = (dir: string | undefined): string =>
  dir === undefined
    ? folderLocation(dir)
    : `${folderLocation(dir)}
      add_header Content-Security-Policy "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";`

/** A single server is never taken out for a failure: a service that restarts is back in a moment. */
const servers = (upstreams: readonly Upstream[]) =>
  serverLines(upstreams, upstreams.filter(({ backup }) => !backup).length === 1 ? 'max_fails=0' : 'fail_timeout=1s')

/**
 * Never taken out for a failure, however many there are: of one that was, nginx believes that it is back when a request through it has ended, and lets one a second through
 * until then. A WebSocket ends in hours. Who is gone is found out by each connection, which then goes to the next.
 */
const everAgain = (upstreams: readonly Upstream[]) => serverLines(upstreams, 'max_fails=0')

const serverLines = (upstreams: readonly Upstream[], failures: string) =>
  upstreams
    .map(({ host, port, backup }) => `server ${host}:${port} ${failures}${backup ? ' backup' : ''};`)
    .join('\n    ')
