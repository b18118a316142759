import fc from 'fast-check'
import t from 'tap'
import { nameFaults } from '../../src/domain/item-name.ts'

const isRefused = (name: string) => nameFaults(name, 'body.name').length > 0

t.test('names of any script pass, with all that their writing needs', async t => {
  const names = [
    'Tech',
    'Банки',
    'نیم‌فاصله',
    'क्‍ष',
    '半導体 2026',
    'אנרגיה',
    'Café',
    'cafe\u0301',
    '👩‍💻 & 👨‍👩‍👧',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    '❤️',
    '❤︎',
    '1️⃣',
    '葛󠄀',
    '$',
    '—',
    "O'Neil; DROP TABLE x --"
  ]

  for (const name of names) t.notOk(isRefused(name), name)
})

t.test('what nobody sees, or what turns the text around it, is no name', async t => {
  const names = [
    '\u200b',
    'Te\u200bch',
    '\ufeffTech',
    '\u202eTech',
    'Tech\u2066',
    '\u061c',
    '\u200d',
    '\u200cTech',
    '\u2800',
    '\u3164',
    '\u115f',
    '\u00ad',
    'Te\u00adch',
    '\u{e0041}Tech',
    'a\u2028b',
    'a\u0085b',
    'a\ud800',
    '\udc00a',
    '\ufe0f',
    '\u0301',
    '\u00a0'
  ]

  for (const name of names) t.ok(isRefused(name), encodeURIComponent(name.toWellFormed()))
})

t.test('a name that passes keeps something to see when all marks are taken from it', t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), name => {
      return isRefused(name) || name.replaceAll(/[\p{Cc}\p{Cf}\p{Z}\p{M}]/gu, '') !== ''
    }),
    { numRuns: 2_000 }
  )
  t.end()
})
