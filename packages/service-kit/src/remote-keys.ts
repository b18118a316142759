import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ProblemError } from '@tickstock/contracts'
import { createLocalJWKSet, errors, type FlattenedJWSInput, type JWSHeaderParameters } from 'jose'
import type { Logger } from './logger.ts'

const Key = Type.Object({ kty: Type.String(), kid: Type.Optional(Type.String()) })
const KeySet = Type.Object({ keys: Type.Array(Type.Unknown()) })

type Key = Static<typeof Key>
type KeyGetter = ReturnType<typeof createLocalJWKSet>

/** Keys are asked for again after so long: a key that the issuer withdrew is believed no longer than that. ms */
const MAX_AGE = 10 * 60_000

/** Keys known are believed so long while the url does not answer. Who can cut us off from it wins no more than that. ms */
const OUTAGE = 6 * 60 * 60_000

/** Between two requests for keys, whatever tokens name: forged ones must not make us call. ms */
const COOL_DOWN = 30_000

/** The same while no key is known, and nobody gets in. ms */
const COOL_DOWN_EMPTY = 1_000

const TIMEOUT = 5_000

/** 10,000 RSA keys. */
const MOST_BYTES = 4 * 1024 * 1024

/** The url does not answer with keys. */
class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

/**
 * The public keys of an issuer, at a JWKS url.
 *
 * They are read when the first token comes, again every ten minutes while the old ones stay in use, and once where a
 * token names a key that is not known. An outage of the url is not one of ours.
 */
export class RemoteKeys {
  readonly #url: string
  readonly #logger: Pick<Logger, 'info' | 'warn'>
  #byId: ReadonlyMap<string | undefined, KeyGetter> = new Map()
  #text = ''
  #generation = 0
  #refreshAt = 0
  #usableUntil = 0
  #triedAt = Number.NEGATIVE_INFINITY
  #loading: Promise<void> | undefined
  #isAway = false

  constructor(url: string, logger: Pick<Logger, 'info' | 'warn'>) {
    this.#url = url
    this.#logger = logger
  }

  /** Grows whenever the keys changed: what was verified before is to be verified again. */
  get generation(): number {
    return this.#generation
  }

  /** Whether keys are known that may still be believed. Old ones are asked for again meanwhile. */
  areUsable(now: number): boolean {
    if (now >= this.#refreshAt && now < this.#usableUntil) void this.#load(now)
    return now < this.#usableUntil
  }

  /**
   * The key that a token names, as jose asks for it. What the token says of where keys are (`jku`, `x5u`, `jwk`) counts for nothing.
   *
   * @throws ProblemError `not_ready` where no keys are known; JWKSNoMatchingKey
   */
  readonly get = async (header: JWSHeaderParameters, token: FlattenedJWSInput) => {
    const now = Date.now()
    if (!this.areUsable(now)) await this.#load(now)
    if (!this.areUsable(Date.now())) {
      throw new ProblemError('not_ready', 'The keys that tokens are checked with cannot be read')
    }
    if (!this.#byId.has(header.kid)) await this.#load(now)
    const getter = this.#byId.get(header.kid)
    if (getter === undefined) throw new errors.JWKSNoMatchingKey()
    return getter(header, token)
  }

  /** Reads the keys, unless that was tried just now; failure is logged, and leaves what is known. */
  #load(now: number): Promise<void> {
    const coolDown = now < this.#usableUntil ? COOL_DOWN : COOL_DOWN_EMPTY
    if (this.#loading === undefined && now - this.#triedAt >= coolDown) {
      this.#triedAt = now
      this.#loading = this.#read(now).finally(() => {
        this.#loading = undefined
      })
    }
    return this.#loading ?? Promise.resolve()
  }

  async #read(now: number): Promise<void> {
    try {
      this.#take(await textOf(this.#url), now)
      if (this.#isAway) this.#logger.info('the keys of the tokens can be read again')
      this.#isAway = false
    } catch (error) {
      this.#refreshAt = now + COOL_DOWN
      if (!this.#isAway)
        this.#logger.warn({ err: error }, 'the keys of the tokens cannot be read: those known stay in use')
      this.#isAway = true
    }
  }

  #take(text: string, now: number): void {
    if (text !== this.#text) {
      this.#byId = gettersOf(text)
      this.#text = text
      this.#generation += 1
    }
    this.#refreshAt = now + MAX_AGE
    this.#usableUntil = now + OUTAGE
  }
}

/** By id; a token that names no key can mean the only one. */
function gettersOf(text: string): Map<string | undefined, KeyGetter> {
  const parsed: unknown = JSON.parse(text)
  const keys = Value.Check(KeySet, parsed) ? parsed.keys.filter((key): key is Key => Value.Check(Key, key)) : []
  if (keys.length === 0) throw new KeysUnavailable('the answer holds no keys')
  const groups = Map.groupBy(keys, ({ kid }) => kid)
  if (keys.length === 1) groups.set(undefined, keys)
  else groups.delete(undefined)
  return new Map([...groups].map(([kid, keys]) => [kid, createLocalJWKSet({ keys })]))
}

async function textOf(url: string): Promise<string> {
  const answer = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT)
  })
  if (!answer.ok || answer.body === null) throw new KeysUnavailable(`the answer is ${answer.status}`)
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of answer.body) {
    bytes += part.length
    if (bytes > MOST_BYTES) throw new KeysUnavailable(`the answer has more than ${MOST_BYTES} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}
