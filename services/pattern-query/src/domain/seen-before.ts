/** Texts told apart at a time. */
const PLACES = 8_192

/**
 * Whether a text was asked for lately, by a table of hashes: what comes once is not worth remembering, and most of what a changing filter asks comes
 * once. Remembering all of it cost 15 % of a scan in garbage that had to be carried about. Seldom wrong, and then something is remembered, or not.
 */
export class SeenBefore {
  readonly #hashes = new Int32Array(PLACES)

  /** Says so, and notes the text. */
  note(text: string): boolean {
    let hash = 0x811c9dc5 | 0
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
    const place = (hash ^ (hash >>> 15)) & (PLACES - 1)
    if (this.#hashes[place] === hash) return true
    this.#hashes[place] = hash
    return false
  }
}
