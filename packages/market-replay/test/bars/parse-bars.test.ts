import t from 'tap'
import { readIndexBars } from '../../src/bars/index-series.ts'
import { parseBars } from '../../src/bars/parse-bars.ts'

const refused = (t: Tap, lines: string[], message: RegExp) =>
  t.throws(() => parseBars(lines.join('\n'), 'X.csv'), { name: 'BarsError', message })

type Tap = Pick<typeof t, 'throws'>

t.test('columns are found by their names, in any order and case', async t => {
  const bars = parseBars('Volume,Close,Low,High,Open,Date\n10,3,1,4,2,2020-01-02\n\n20,3.5,2,4,3,2020-01-03\n', 'X.csv')

  t.same(bars, [
    { time: Date.UTC(2020, 0, 2), open: 2, high: 4, low: 1, close: 3, volume: 10 },
    { time: Date.UTC(2020, 0, 3), open: 3, high: 4, low: 2, close: 3.5, volume: 20 }
  ])
})

t.test('times may be dates, date-times, seconds or milliseconds', async t => {
  const timeOf = (cell: string) => parseBars(`time,open,high,low,close\n${cell},1,1,1,1\n`, 'X.csv')[0]?.time

  t.equal(timeOf('2020-01-02'), Date.UTC(2020, 0, 2))
  t.equal(timeOf('2020-01-02 09:30'), Date.UTC(2020, 0, 2, 9, 30))
  t.equal(timeOf('2020-01-02T09:30:00-05:00'), Date.UTC(2020, 0, 2, 14, 30))
  t.equal(timeOf('1577923200'), 1577923200000)
  t.equal(timeOf('1577923200000'), 1577923200000)
})

t.test('splits are taken out of prices and volumes, dividends are not', async t => {
  const bySplit = parseBars(
    'date,open,high,low,close,adjusted_close,volume,split\n2020-01-02,100,100,100,100,49,10,1\n2020-01-03,50,50,50,50,49.5,20,2\n2020-01-06,51,51,51,51,51,20,0\n',
    'X.csv'
  )
  const byRatio = parseBars(
    'date,open,high,low,close,Adj Close,volume\n2020-01-02,100,100,100,100,50,10\n2020-01-03,50,50,50,50,50,20\n',
    'X.csv'
  )

  t.match(bySplit, [{ close: 50, volume: 20 }, { close: 50, volume: 20 }, { close: 51 }])
  t.match(byRatio, [{ close: 50, volume: 20 }, { close: 50 }])
  t.match(parseBars('date,open,high,low,close,adj_close\n2020-01-02,9,9,9,9,8.9\n2020-01-03,9,9,9,9,9\n', 'X.csv'), [
    { close: 9 }
  ])
})

t.test('what cannot be is refused by file, line and field', async t => {
  const header = 'date,open,high,low,close,volume'
  refused(t, [''], /X\.csv, line 1, header: the file is empty/)
  refused(t, ['date,open,high,low', ''], /X\.csv, line 1, close: no such column/)
  refused(t, ['open,high,low,close', ''], /line 1, date\|time\|timestamp/)
  refused(t, [header, '2020-01-02,1,1,1,1,1', '2020-01-03,1,1,x,1,1'], /X\.csv, line 3, low: 'x' is not a number/)
  refused(t, [header, '2020-01-02,1,1,1,1'], /line 2, volume: '' is not a number/)
  refused(t, [header, '2020-01-02,1,1,1,-1,1'], /line 2, close/)
  refused(t, [header, 'yesterday,1,1,1,1,1'], /line 2, date: 'yesterday'/)
  refused(t, [header, '2020-13-02,1,1,1,1,1'], /line 2, date/)
  refused(t, [header, '2020-01-02,2,3,2.5,2.7,1'], /line 2, low: 2.5 is above/)
  refused(t, [header, '2020-01-02,2,3,2,4,1'], /line 2, high: 3 is below/)
  refused(t, [header, '2020-01-02,1,1,1,1,1', '2020-01-02,1,1,1,1,1'], /line 3, date: not later/)
  refused(t, [header, '"2020'], /X\.csv, csv: /)
})

t.test('the index is the real one, whole', async t => {
  const bars = readIndexBars()

  t.equal(bars.length, 5105)
  t.match(bars.at(-1), { time: Date.UTC(2020, 3, 17), close: 2874.560059 })
})
