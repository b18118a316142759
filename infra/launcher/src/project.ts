import { fileURLToPath } from 'node:url'

/** The root of the project. */
export const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Runs one of the project's programs from its source, on the Node that runs us. */
export const program = (path: string, ...args: readonly string[]): [string, ...string[]] => [
  process.execPath,
  '--conditions=@tickstock/source',
  `${root}/${path}`,
  ...args
]
