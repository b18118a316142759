import { clearLine, cursorTo } from 'node:readline'

/** Lines that scroll by, and in a terminal one line at the bottom that stays. */
export class Screen {
  readonly #out: NodeJS.WriteStream
  #bottom = ''

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  line(text: string): void {
    this.#clear()
    this.#out.write(`${text}\n`)
    this.#draw()
  }

  /** @param text unpainted, so that it can be cut to the width of the terminal */
  bottom(text: string): void {
    if (!this.#out.isTTY || text === this.#bottom) return
    this.#clear()
    this.#bottom = text
    this.#draw()
  }

  #clear(): void {
    if (!this.#out.isTTY || this.#bottom === '') return
    cursorTo(this.#out, 0)
    clearLine(this.#out, 0)
  }

  #draw(): void {
    if (this.#bottom !== '') this.#out.write(this.#bottom.slice(0, Math.max(1, this.#out.columns - 1)))
  }
}
