import type { CallOptions } from './caller.ts'

export interface ChangeOptions extends CallOptions {
  /** The `version` that the change is based on: one that was made meanwhile is then refused as `version_mismatch`. */
  readonly version?: number | undefined
}

export interface CreateOptions extends CallOptions {
  /** Your name for this creation, where it must hold beyond this call: repeated under it, it is done once. Default: a new one. */
  readonly idempotencyKey?: string | undefined
}

export const ifMatch = ({ version }: ChangeOptions) =>
  version === undefined ? {} : { headers: { 'if-match': `"${version}"` } }

export const once = ({ idempotencyKey = newKey() }: CreateOptions) => ({
  headers: { 'idempotency-key': idempotencyKey }
})

/** Not `randomUUID`: pages that came without TLS do not have it. */
const newKey = (): string => Array.from(crypto.getRandomValues(new Uint32Array(4)), part => part.toString(36)).join('-')
