import { DEAD_LETTER_KEY, INBOX_KEY, isChannel } from '@tickstock/contracts'
import type { RedisClient } from '@tickstock/event-log'
import type { DeadLetter } from './dead-letters.ts'
import { fieldsOf } from './stream-fields.ts'

/** A dead letter that is kept, under its id. */
export interface KeptLetter extends DeadLetter {
  /** `<ms>-<number>`: when it was refused. */
  readonly id: string
}

/** Which letters are meant; all where nothing is said. */
export interface LetterFilter {
  readonly reason?: string | undefined
  /** ms: those refused since. */
  readonly since?: number | undefined
}

/** Letters read at once: each may have 64 KiB. */
const PAGE = 100

export const timeOfLetter = ({ id }: Pick<KeptLetter, 'id'>): number => Number(id.slice(0, id.indexOf('-')))

/** The dead letters, for whoever reads them and sends them again. */
export class KeptLetters {
  readonly #redis: RedisClient

  constructor(redis: RedisClient) {
    this.#redis = redis
  }

  async count(): Promise<number> {
    return this.#redis.xlen(DEAD_LETTER_KEY)
  }

  async get(id: string): Promise<KeptLetter | undefined> {
    const [entry] = await this.#redis.xrangeBuffer(DEAD_LETTER_KEY, id, id)
    return entry && letterOf(entry)
  }

  /** The newest first. @param before the id of a letter: only older ones */
  async *newest({ reason, since = 0 }: LetterFilter, before?: string): AsyncGenerator<KeptLetter> {
    let end = before === undefined ? '+' : `(${before}`
    for (;;) {
      const page = await this.#redis.xrevrangeBuffer(DEAD_LETTER_KEY, end, `${since}`, 'COUNT', PAGE)
      const letters = page.map(letterOf)
      yield* letters.filter(letter => reason === undefined || letter.reason === reason)
      const last = letters.at(-1)
      if (!last) return
      end = `(${last.id}`
    }
  }

  /**
   * Pages of letters, the oldest first: those that were there when it began, so that one which is refused again is not met again.
   */
  async *pages({ reason, since = 0 }: LetterFilter): AsyncGenerator<readonly KeptLetter[]> {
    const [newest] = await this.#redis.xrevrangeBuffer(DEAD_LETTER_KEY, '+', '-', 'COUNT', 1)
    if (!newest) return
    const end = letterOf(newest).id
    let start = `${since}`
    for (;;) {
      const page = await this.#redis.xrangeBuffer(DEAD_LETTER_KEY, start, end, 'COUNT', PAGE)
      const letters = page.map(letterOf)
      const last = letters.at(-1)
      if (!last) return
      yield letters.filter(letter => reason === undefined || letter.reason === reason)
      start = `(${last.id}`
    }
  }

  /**
   * Puts the original bytes back into the inbox, in order, and takes the letters away only then: what fails between is sent twice, and the log
   * leaves the second out.
   *
   * @throws Error for a letter that was cut: what is left of it is another event, or none
   */
  async replay(letters: readonly KeptLetter[]): Promise<void> {
    if (letters.length === 0) return
    const pipeline = this.#redis.pipeline()
    for (const { id, channel, payload, truncated } of letters) {
      if (truncated !== undefined) throw new Error(`${id} was cut and cannot be replayed`)
      pipeline.xadd(INBOX_KEY, '*', ...(channel === undefined ? [] : ['channel', channel]), 'event', payload)
    }
    const replies = (await pipeline.exec()) ?? []
    const failed = replies.findIndex(([error]) => error !== null)
    const back = failed < 0 ? letters : letters.slice(0, failed)
    if (back.length > 0) await this.#redis.xdel(DEAD_LETTER_KEY, ...back.map(({ id }) => id))
    if (failed >= 0) throw replies[failed]?.[0] ?? new Error('a letter could not be put into the inbox')
  }
}

function letterOf([id, pairs]: readonly [Buffer, readonly Buffer[]]): KeptLetter {
  const fields = fieldsOf(pairs)
  const text = (name: string) => fields.get(name)?.toString('utf8')
  const channel = text('channel') ?? ''
  const truncated = text('truncated')
  return {
    id: id.toString(),
    reason: text('reason') ?? '',
    detail: text('detail') ?? '',
    origin: text('origin') ?? '',
    channel: isChannel(channel) ? channel : undefined,
    payload: fields.get('payload') ?? Buffer.alloc(0),
    ...(truncated === undefined ? {} : { truncated: Number(truncated) })
  }
}
