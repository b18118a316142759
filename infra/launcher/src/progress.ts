import ora from 'ora'

/** Tells how far a step is. */
export type Report = (detail: string) => void

/**
 * Shows one step of the start: a moving line on a terminal, plain lines elsewhere. A step that fails is marked, and its error goes on.
 *
 * @param done what is said when it is done, from its result
 */
export async function step<Result>(
  title: string,
  work: (report: Report) => Promise<Result>,
  done: (result: Result) => string = () => title
): Promise<Result> {
  const spinner = ora({ text: title, discardStdin: false }).start()
  try {
    const result = await work(detail => {
      spinner.text = `${title}: ${detail}`
    })
    spinner.succeed(done(result))
    return result
  } catch (error) {
    spinner.fail(title)
    throw error
  }
}
