// Preloaded into a process whose wall clock is to jump: at SIGWINCH it reads from the file that SHIFTED_CLOCK names by how many ms. The monotonic clock goes on
// as it does, which is what an administrator or an NTP step does to a process.
import { existsSync, readFileSync } from 'node:fs'

const file = process.env['SHIFTED_CLOCK']

if (file !== undefined) {
  const TrueDate = Date
  const trueNow = Date.now
  let shift = 0

  const read = () => {
    shift = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  }
  const now = () => trueNow() + shift
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new TrueDate(now()).toString(),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key))
  })
  // Of the signals that can be heard, one by which no service lets itself be ended.
  process.on('SIGWINCH', read)
  read()
}
