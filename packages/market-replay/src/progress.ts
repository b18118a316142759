import { perChannel } from '@tickstock/contracts'
import type { Published } from './replay.ts'

/** Where progress is shown. */
export interface Screen {
  /** True for a terminal: the line is rewritten in place. */
  readonly isTTY: boolean
  write(text: string): void
}

const REWRITE_EVERY_MS = 250
const LINE_EVERY_MS = 5_000

const count = new Intl.NumberFormat('en-US')

/**
 * One line of progress: events sent, by channel, rate, subscribers reached and place in the bars. A terminal sees it
 * rewritten four times a second, anything else gets a line every 5 s.
 */
export class Progress {
  readonly #screen: Screen
  readonly #clock: () => number
  readonly #byChannel = perChannel(() => ({ sent: 0 }))
  #sent = 0
  #lost = 0
  #last: Published | undefined
  #shown: { readonly at: number; readonly sent: number }

  /** @param clock monotonic, ms */
  constructor(screen: Screen, clock: () => number = () => performance.now()) {
    this.#screen = screen
    this.#clock = clock
    this.#shown = { at: clock(), sent: 0 }
  }

  add(published: readonly Published[]): void {
    for (const one of published) {
      this.#sent++
      this.#byChannel[one.channel].sent++
      if (one.reached === 0) this.#lost++
      this.#last = one
    }
    const waited = this.#clock() - this.#shown.at
    if (waited >= (this.#screen.isTTY ? REWRITE_EVERY_MS : LINE_EVERY_MS)) this.#show()
  }

  /** The last line, with the totals. */
  end(): void {
    this.#show()
    if (this.#screen.isTTY) this.#screen.write('\n')
  }

  /** Something to be read, on a line of its own. */
  say(text: string): void {
    this.#screen.write(this.#screen.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`)
  }

  #show(): void {
    const now = this.#clock()
    const seconds = (now - this.#shown.at) / 1000
    const rate = seconds > 0 ? (this.#sent - this.#shown.sent) / seconds : 0
    this.#shown = { at: now, sent: this.#sent }
    const { daily, intraday, combo } = this.#byChannel
    const parts = [
      `${count.format(this.#sent)} events (daily ${count.format(daily.sent)}, intraday ${count.format(intraday.sent)}, combo ${count.format(combo.sent)})`,
      `${count.format(Math.round(rate))}/s`,
      this.#audience(),
      this.#place()
    ].filter(part => part !== '')
    const line = parts.join(' · ')
    this.#screen.write(this.#screen.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
  }

  #audience(): string {
    const reached = this.#last?.reached
    if (reached === undefined) return this.#last ? 'to the inbox' : ''
    const lost = this.#lost > 0 ? `, ${count.format(this.#lost)} events lost: pub/sub keeps nothing for later` : ''
    return reached === 0 ? `nobody listens${lost}` : `${reached} listening${lost}`
  }

  #place(): string {
    if (!this.#last) return ''
    const { step, loop } = this.#last
    const date = new Date(step.occurrence.barTime).toISOString().slice(0, 10)
    return `bars of ${date}, day ${step.day} of ${step.days}${loop > 0 ? `, loop ${loop + 1}` : ''}`
  }
}
