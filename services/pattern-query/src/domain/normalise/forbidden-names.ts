import { UnreadableEventError } from './unreadable.ts'

/** Names by which a careless copy, ours or a reader's, would change every object there is. No producer has a use for them. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** @throws UnreadableEventError forbidden_name */
export function refuseForbidden(name: string): void {
  if (FORBIDDEN.has(name)) throw new UnreadableEventError('forbidden_name', `a field is named ${name}`)
}
