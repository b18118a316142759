// Runs on whatever Node starts it (20 or newer), before anything is installed: plain JavaScript, no dependencies.
//
//   node infra/launcher/bootstrap.mjs start [options]     brings up the whole system
//   node infra/launcher/bootstrap.mjs run SCRIPT [args]   runs a script of package.json
//
// Installs the workspace when it is not as the lock file says, then goes on with the project's own Node.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LEAST_NODE = 20
const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')
// The binary itself: the one in .bin is a shell script, and a signal to that would leave Node running.
const ownNode = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin')
const stamp = join(root, 'node_modules', '.installed')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const [verb, ...args] = process.argv.slice(2)

if (Number.parseInt(process.versions.node, 10) < LEAST_NODE) {
  fail(`Node ${process.versions.node} is too old to start with: install Node 20 or newer from https://nodejs.org`)
}
await install()
process.exitCode = await (verb === 'start' ? start(args) : run(args))

async function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return

  // Standard output is the script's own: somebody may be reading a token from it.
  console.error(`Installing with ${manifest.packageManager} (once, and after each change of the lock file) …`)
  const install = ['--yes', manifest.packageManager, 'install', '--frozen-lockfile', '--prefer-offline']
  const code = await spawned('npx', install, ['inherit', 2, 2])
  if (code !== 0) {
    fail(
      'The packages could not be installed. What the package manager said stands above. ' +
        'It needs the npm registry, and about 1 GB of free disk; run the same command again once both are there.'
    )
  }
  writeFileSync(stamp, wanted)
}

function start(options) {
  const main = join(root, 'infra', 'launcher', 'src', 'main.ts')
  return spawned('node', ['--conditions=@tickstock/source', main, ...options])
}

function run([name, ...rest]) {
  const script = manifest.scripts[name]
  if (script === undefined) fail(`package.json has no script ${name}`)
  return spawned('sh', ['-c', `${script} "$@"`, 'sh', ...rest])
}

/** Signals go on to the child, which decides when it is done; we end as it ends. */
function spawned(command, childArgs, stdio = 'inherit') {
  const child = spawn(command, childArgs, {
    cwd: root,
    stdio,
    env: { ...process.env, PATH: [ownNode, bin, process.env.PATH].join(delimiter) }
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  return new Promise(resolve => {
    child.on('error', error => fail(`${command} does not start: ${error.message}`))
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)))
  })
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
