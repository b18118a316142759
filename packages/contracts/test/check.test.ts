import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Type, TypeGuard } from '@sinclair/typebox'
import t from 'tap'
import { checkOf } from '../src/index.ts'

const program = `
  import { decodeServerFrame } from '@tickstock/contracts'
  const refusal = text => { try { decodeServerFrame(text) } catch (error) { return error.message } }
  console.log(JSON.stringify([decodeServerFrame('{"type":"drain","within_ms":5}'), refusal('{"type":"drain"}')]))
`

t.test(
  'where code must not be made from text, as under a strict content security policy, all decides the same',
  async t => {
    const flags = ['--conditions=@tickstock/source', '--input-type=module']

    const run = promisify(execFile)
    const [strict, free] = await Promise.all(
      [['--disallow-code-generation-from-strings'], []].map(extra =>
        run(process.execPath, [...flags, ...extra, '--eval', program], { cwd: import.meta.dirname })
      )
    )

    t.equal(strict?.stdout, free?.stdout)
    t.match(strict?.stdout, /drain\.within_ms/)
  }
)

t.test('a schema that cannot be compiled is a fault of the program', async t => {
  const unknown = { ...Type.String(), [Symbol.for('TypeBox.Kind')]: 'NoSuchKind' }

  t.notOk(TypeGuard.IsString(unknown))
  t.throws(() => checkOf(unknown))
})

t.test('ids of what users keep are checked as such', async t => {
  const { accepts } = checkOf(Type.String({ format: 'uuid' }))
  t.ok(accepts('6f1c1d5e-3a53-4d0c-9d2b-0a4a4f1c7e11'))
  t.notOk(accepts('6f1c1d5e-3a53-4d0c-9d2b-0a4a4f1c7e1'))
  t.notOk(accepts('6f1c1d5e 3a53 4d0c 9d2b 0a4a4f1c7e11'))
})

t.test('a text is as long as it has code points', async t => {
  const { accepts, fault } = checkOf(
    Type.Object({
      name: Type.String({ minLength: 2, maxLength: 3, pattern: '^[^x]*$' }),
      list: Type.Array(Type.String())
    })
  )
  const isName = (name: unknown) => accepts({ name, list: [] })
  for (const name of ['ab', '🚀🚀', '🚀🚀🚀', '\ud800🚀']) t.ok(isName(name), name)
  for (const name of ['a', '🚀', '🚀🚀🚀🚀', 'abcd', 'abx', '\ud800', 7]) t.notOk(isName(name), `${name}`)
  t.match(fault({ name: '🚀', list: [] }), { path: '/name', message: /2 to 3 characters/ })
})

t.test('a text of a form and a length has both', async t => {
  const { accepts } = checkOf(Type.String({ format: 'uuid', maxLength: 36 }))
  t.ok(accepts('6f1c1d5e-3a53-4d0c-9d2b-0a4a4f1c7e11'))
  t.notOk(accepts('short'))
  t.notOk(checkOf(Type.String({ format: 'uuid', maxLength: 35 })).accepts('6f1c1d5e-3a53-4d0c-9d2b-0a4a4f1c7e11'))
})

t.test('a text is read where it is JSON of the schema', async t => {
  const { read } = checkOf(Type.Object({ n: Type.Integer() }))

  t.same(read('{"n":1}'), { n: 1 })
  t.equal(read('{"n":"1"}'), undefined)
  t.equal(read('{"n":'), undefined)
})
