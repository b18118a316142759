/** The command line is not what `--help` says. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
