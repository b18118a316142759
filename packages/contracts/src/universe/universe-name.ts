import { Type } from '@sinclair/typebox'

/** What users call what is theirs: watchlists, saved filters. */
export const UniverseName = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: '^(?=.*\\S)[^\\u0000-\\u001f\\u007f]*$',
  description: 'Unique for the user, whatever its case; no control characters, not blank alone'
})
