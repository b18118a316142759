import t from 'tap'
import { LogReader } from '../src/index.ts'
import { readersKeepTheirPlace } from './fixtures/reader-conformance.ts'

await readersKeepTheirPlace(t, options => new LogReader(options))
