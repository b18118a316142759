import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { Positions } from '@tickstock/contracts'
import type { Teardown } from '@tickstock/test-kit'
import type { SubscriptionRecord } from '../audit/record.ts'
import { ShiftedClock } from '../faults/clock.ts'
import { Answer, type Report, type Request, type Urls } from './messages.ts'
import type { Role } from './role.ts'

const PROGRAM = fileURLToPath(new URL('./main.ts', import.meta.url))
const answers = TypeCompiler.Compile(Answer)

/** Time that it may take to answer, ms. */
const PATIENCE = 120_000

interface Told {
  readonly report: Report
  readonly records: readonly SubscriptionRecord[]
}

/** The process of the subscribers, from outside. */
export class ClientProcess {
  readonly #process: ChildProcess
  readonly #ended: Promise<never>
  #turn: Promise<unknown> = Promise.resolve()

  readonly #clock: ShiftedClock

  static async start(t: Teardown): Promise<ClientProcess> {
    return new ClientProcess(t, await ShiftedClock.make(t))
  }

  private constructor(t: Teardown, clock: ShiftedClock) {
    this.#clock = clock
    this.#process = fork(PROGRAM, {
      execArgv: ['--conditions=@tickstock/source'],
      serialization: 'advanced',
      env: { ...process.env, ...clock.env }
    })
    this.#ended = once(this.#process, 'exit').then(([code, signal]) => {
      throw new Error(`the process of the subscribers ended (${signal ?? code})`)
    })
    // Told by whoever waits for an answer.
    this.#ended.catch(() => undefined)
    t.teardown(async () => {
      this.#process.kill('SIGKILL')
      await this.#ended.catch(() => undefined)
    })
  }

  /** The wall clock of all subscribers jumps. @param ms ahead of the true time; negative: behind */
  async shiftClock(ms: number): Promise<void> {
    await this.#clock.shift(ms, signal => this.#process.kill(signal))
  }

  open(roles: readonly Role[], urls: Urls): Promise<Report> {
    return this.#ask({ do: 'open', roles: [...roles], urls })
  }

  reload(names: readonly string[]): Promise<Report> {
    return this.#ask({ do: 'reload', names: [...names] })
  }

  leave(names: readonly string[]): Promise<Report> {
    return this.#ask({ do: 'leave', names: [...names] })
  }

  scatter(withinMs: number): Promise<Report> {
    return this.#ask({ do: 'scatter', withinMs })
  }

  report(heads?: Positions): Promise<Report> {
    return this.#ask({ do: 'report', ...(heads && { heads }) })
  }

  /** What they went through since they were last asked. */
  tell(): Promise<Told> {
    return this.#told({ do: 'tell' })
  }

  /** They leave. */
  finish(): Promise<Told> {
    return this.#told({ do: 'finish' })
  }

  async #told(request: Request): Promise<Told> {
    const records: SubscriptionRecord[] = []
    const report = await this.#ask(request, more => records.push(...more))
    return { report, records }
  }

  #ask(request: Request, take?: (records: SubscriptionRecord[]) => void): Promise<Report> {
    const turn = this.#turn.then(() => Promise.race([this.#exchange(request, take), this.#ended]))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #exchange(request: Request, take?: (records: SubscriptionRecord[]) => void): Promise<Report> {
    const { promise, resolve, reject } = Promise.withResolvers<Report>()
    const late = setTimeout(() => reject(new Error(`the subscribers did not ${request.do} in time`)), PATIENCE)
    const listen = (message: unknown) => {
      if (!answers.Check(message))
        reject(new Error(`an answer is not understood: ${answers.Errors(message).First()?.path}`))
      else if (message.type === 'records') take?.(message.records)
      else if (message.type === 'done') resolve(message.report)
      else reject(new Error(message.error))
    }
    this.#process.on('message', listen)
    this.#process.send(request, error => error && reject(error))
    try {
      return await promise
    } finally {
      clearTimeout(late)
      this.#process.off('message', listen)
    }
  }
}
