import t from 'tap'

t.test('paths without coverage fit in one environment variable, before and after a build', async t => {
  const paths = (process.env['_TAPJS_PROCESSINFO_COV_EXCLUDE_FILES_'] ?? '').split('\n')
  t.comment(`${paths.length} paths, ${paths.join('\n').length} bytes`)

  t.same(
    paths.filter(path => /\/(dist|node_modules)\//.test(path)),
    []
  )
  t.same(
    paths.filter((path, n) => paths.indexOf(path) !== n),
    []
  )
  const inWorkspace = paths.join('\n').length - paths.length * process.cwd().length
  t.ok(inWorkspace + paths.length * 128 < 128 * 1024, 'with 128 characters for the folder of the workspace')
})
