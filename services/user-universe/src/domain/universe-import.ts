import type { ImportReport, NameConflict } from '@tickstock/contracts'
import type { PlacedFile } from './placed-file.ts'

/** Takes over what a file has. */
export interface UniverseImport {
  /**
   * All of a file or nothing of it. A file's default filter becomes the user's where he has none.
   *
   * @throws ProblemError `invalid_request` with every item that cannot be taken, `limit_reached`, `name_taken`,
   * `database_unavailable`
   */
  take(user: string, file: PlacedFile, onConflict: NameConflict): Promise<ImportReport>
}
