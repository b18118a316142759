/** A CSV file says something that cannot be: which file, line and field. Line 0 is the file as a whole. */
export class BarsError extends Error {
  override readonly name = 'BarsError'

  constructor(file: string, line: number, field: string, reason: string) {
    super(line === 0 ? `${file}, ${field}: ${reason}` : `${file}, line ${line}, ${field}: ${reason}`)
  }
}
