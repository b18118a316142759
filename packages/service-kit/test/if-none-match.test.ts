import t from 'tap'
import { namesAnswer } from '../src/index.ts'

t.test('an answer is named by its tag among others, weak or strong, and by all', async t => {
  for (const header of ['"a"', 'W/"a"', '"b", W/"a"', '"b","a"', '*']) {
    t.ok(namesAnswer(header, '"a"'), header)
    t.ok(namesAnswer(header, 'W/"a"'), header)
  }
})

t.test('nothing else names it', async t => {
  for (const header of [undefined, '', 'a', '"A"', '"b"']) t.notOk(namesAnswer(header, 'W/"a"'), `${header}`)
})
