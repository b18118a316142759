import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as contracts from '@tickstock/contracts'

/** What the language asks of objects by name, without any of its classes having it. */
const OF_THE_LANGUAGE = ['done', 'value', 'next', 'then', 'cause']

/** What browsers offer, and Node, where a bundle is made, does not. */
const OF_BROWSERS = ['document', 'visibilityState', 'persisted']

/**
 * Names of members that only the SDK itself uses, so that they can be shorter in a bundle. A name is left as it is if it occurs anywhere in what the entry exports, in the contracts,
 * or in what the platform offers: rather too many than one too few.
 *
 * @param entry the module whose exports are what applications see
 */
export async function internalNames(entry: string): Promise<string[]> {
  const folder = dirname(entry)
  const modules = await sourcesIn(folder)
  const seen = [...(modules.get(entry) ?? '').matchAll(EXPORT)].flatMap(([, names = '', path = '']) =>
    declarationsOf(modules.get(join(folder, path)) ?? '', wordsOf(names))
  )
  const kept = new Set([
    ...OF_THE_LANGUAGE,
    ...OF_BROWSERS,
    ...platformNames(),
    ...namesIn(contracts),
    ...seen.flatMap(wordsOf)
  ])
  const declared = [...modules.values()].flatMap(source => [...source.matchAll(MEMBER)].map(([, name = '']) => name))
  return [...new Set(declared)].filter(name => name.length > 2 && !kept.has(name))
}

const EXPORT = /^export (?:type )?\{(.+?)\} from '(.+)'/gm

/** The text of what a module declares under these names. A line that begins with a letter begins a declaration. */
const declarationsOf = (source: string, names: readonly string[]): string[] =>
  source.split(/\n(?=[a-z])/).filter(text => names.some(name => new RegExp(`^export [a-z ]+ ${name}\\b`).test(text)))

/** As the formatter writes a member of a class, or a property of an interface. */
const MEMBER = /^ {2,4}(?:async |readonly |get |set )*(\w+)\??[(:=<! ]/gm

const wordsOf = (text: string): string[] => text.match(/\w+/g) ?? []

async function sourcesIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = await readdir(folder, { recursive: true })
  const paths = files.filter(file => /(?<!\.d)\.[jt]s$/.test(file)).map(file => join(folder, file))
  return new Map(await Promise.all(paths.map(async path => [path, await readFile(path, 'utf8')] as const)))
}

function platformNames(): string[] {
  const offered = Object.getOwnPropertyNames(globalThis)
  // Classes with their members, and objects such as `Math`.
  const all = offered.map((name): unknown => Reflect.get(globalThis, name)).filter(one => one instanceof Object)
  return [...offered, ...all.flatMap(one => [...membersOf(one), ...membersOf(Reflect.get(one, 'prototype'))])]
}

const membersOf = (prototype: unknown): string[] =>
  prototype instanceof Object ? Object.getOwnPropertyNames(prototype) : []

/** Every key and every word, at any depth. */
function namesIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || seen.has(value)) return []
  seen.add(value)
  return Object.entries(value).flatMap(([key, part]) => [key, ...namesIn(part, seen)])
}
