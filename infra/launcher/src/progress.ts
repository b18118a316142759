import ora from 'ora'

/** Tells how far a step is. */
export type Report = (detail: string) => void

/**
 * Shows one step of the start: a line that moves on a terminal, one line when it is done elsewhere. A step that fails is marked, and its error goes on.
 */
export async function step<Result>(title: string, work: (report: Report) => Promise<Result>): Promise<Result> {
  const began = performance.now()
  const spinner = process.stdout.isTTY
    ? ora({ text: title, discardStdin: false, stream: process.stdout }).start()
    : plain
  try {
    const result = await work(detail => {
      spinner.text = `${title}: ${detail}`
    })
    spinner.succeed(`${title} (${((performance.now() - began) / 1000).toFixed(1)} s)`)
    return result
  } catch (error) {
    spinner.fail(title)
    throw error
  }
}

/** For a file or a pipe: what was reached, without what moves. */
const plain = {
  text: '',
  succeed: (text: string) => console.log(`✔ ${text}`),
  fail: (text: string) => console.log(`✖ ${text}`)
}
