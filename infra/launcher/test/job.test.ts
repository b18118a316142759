import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { runJob } from '../src/job.ts'

t.test('a job runs to its end, is heard, and its failure is told in its own words', async t => {
  const file = join(await temporaryFolder(t), 'job.ts')
  await writeFile(
    file,
    "console.log('migrating', process.env.STEP, process.argv[2]); process.exitCode = Number(process.argv[3])"
  )
  const lines: string[] = []
  const job = (code: string, signal = new AbortController().signal) =>
    runJob({
      name: 'The migration',
      command: [process.execPath, file, 'all', code],
      env: { STEP: 'one' },
      onLine: line => lines.push(line),
      signal
    })

  await job('0')
  t.same(lines, ['migrating one all'])
  await t.rejects(job('3'), { name: 'JobError', message: /The migration failed:\n {2}migrating one all/ })
  await t.rejects(job('0', AbortSignal.abort(new Error('stopping'))), { message: 'stopping' })
})

t.test('a job is ended when everything is to stop', async t => {
  const file = join(await temporaryFolder(t), 'job.ts')
  await writeFile(file, "console.log('began'); setInterval(() => {}, 1e6)")
  const stopping = new AbortController()

  const job = runJob({
    name: 'Loading',
    command: [process.execPath, file],
    env: {},
    onLine: () => stopping.abort(new Error('stopping')),
    signal: stopping.signal
  })

  await t.rejects(job, { message: 'stopping' })
})
