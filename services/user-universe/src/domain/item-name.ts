import type { FieldError } from '@tickstock/contracts'

/** Marks that nobody sees but that writing needs: in emoji, between letters that join, after letters that have forms. */
const NEEDED =
  /\p{RGI_Emoji}|(?<=[\p{L}\p{M}])[\u200c\u200d]|(?<=[\p{Script=Han}\p{Script=Mongolian}])\p{Variation_Selector}|(?<=\p{Emoji})[\ufe0e\ufe0f]/gv

/** What nobody sees, or what turns the text around it: names that look alike would be two. Halves of characters too. */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/v

/** The empty pattern of Braille is a symbol to Unicode. */
const SEEN = /[[\p{L}\p{N}\p{P}\p{S}]--[\u2800]]/v

/**
 * What is wrong with a name that the schema accepts. Any script is welcome, as long as a reader can see it.
 *
 * @param field where the name stands
 */
export function nameFaults(name: string, field: string): FieldError[] {
  const shown = name.replaceAll(NEEDED, '*')
  if (!UNSEEN.test(shown) && SEEN.test(shown)) return []
  return [{ field, expected: 'a name that can be seen: no invisible or direction marks, no halves of characters' }]
}
