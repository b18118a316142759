/** What readers need of a logger; pino's has it. */
export interface Logger {
  error(about: object, message: string): void
  warn(about: object, message: string): void
  info(about: object, message: string): void
  debug(about: object, message: string): void
}
