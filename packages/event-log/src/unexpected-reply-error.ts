/** Redis replied something that is not what its documentation, or a script's schema, says. */
export class UnexpectedReplyError extends Error {
  override readonly name = 'UnexpectedReplyError'
}
