import { UsageError } from './usage-error.ts'

/**
 * Runs a command and sets the exit code of the process: that of the command, 2 for a command line that is not understood, 1 for a failure, each
 * said in a line.
 */
export async function runCommand(command: () => Promise<number>): Promise<void> {
  // Whoever reads has gone, as `head` does: there is nobody left to print for.
  process.stdout.on('error', () => process.exit(0))
  try {
    process.exitCode = await command()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(error instanceof UsageError ? `${message}\nTry --help.\n` : `${message}\n`)
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
}
