/**
 * Whether a sender's `If-None-Match` names the answer that an etag stands for. Compared weakly (RFC 9110, 13.1.2): what stands between us and him
 * may have made a weak tag of a strong one.
 */
export function namesAnswer(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const opaque = opaqueOf(etag)
  return ifNoneMatch.split(',').some(text => {
    const tag = text.trim()
    return tag === '*' || opaqueOf(tag) === opaque
  })
}

const opaqueOf = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag)
