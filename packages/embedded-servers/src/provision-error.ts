/** A server's binaries cannot be had. The message says what is missing, why, and what the user can do. */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError'
}

/** What an error says, whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
