import pg from 'pg'
import t from 'tap'
import { databaseProblem, isDuplicate } from '../../src/stores/database-errors.ts'

const sqlState = (code: string | undefined, constraint?: string) =>
  Object.assign(new pg.DatabaseError('x', 1, 'error'), { code, constraint })
const withCode = (code: string) => Object.assign(new Error('x'), { code })

t.test('what may pass by itself is unavailable, and keeps its cause', async t => {
  const errors = [
    ...['25006', '40P01', '53300', '57014', '57P01', '57P03', '08006', '28P01'].map(code => sqlState(code)),
    withCode('ECONNREFUSED'),
    new AggregateError([new Error('x'), withCode('ECONNRESET')]),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Client has encountered a connection error and is not queryable')
  ]

  for (const error of errors) t.match(databaseProblem(error), { code: 'database_unavailable', cause: error })
})

t.test('our own faults stay what they are', async t => {
  const errors = [
    sqlState('42601'),
    sqlState('22021'),
    sqlState(undefined),
    withCode('EACCES'),
    new Error('x'),
    new AggregateError([]),
    'text'
  ]

  for (const error of errors) t.equal(databaseProblem(error), error)
})

t.test('a duplicate is known by its index', async t => {
  t.ok(isDuplicate(sqlState('23505', 'names'), 'names'))
  t.notOk(isDuplicate(sqlState('23505', 'others'), 'names'))
  t.notOk(isDuplicate(sqlState('23514', 'names'), 'names'))
  t.notOk(isDuplicate(new Error('x'), 'names'))
})
