import fc from 'fast-check'
import t from 'tap'
import { readListing } from '../../src/symbols/read-listing.ts'

const reasons = (text: string) => readListing(text).badLines.map(({ line, reason }) => `${line}: ${reason}`)

t.test('columns are known in any order and case and by their usual names, whatever separates them', async t => {
  const apple = { symbol: 'AAPL', name: 'Apple, Inc.', exchange: 'NASDAQ', sector: 'Technology', industry: 'Phones' }
  const listings = [
    'symbol,name,exchange,sector,industry\nAAPL,"Apple, Inc.",NASDAQ,Technology,Phones\n',
    '\ufeffTicker;Company Name;Primary Exchange;GICS Sector;GICS Sub-Industry\r\naapl;Apple, Inc.;NASDAQ;Technology;Phones',
    '"SECTOR"\t"INDUSTRY"\t"SECURITY"\t"CODE"\t"MIC"\nTechnology\tPhones\tApple,  Inc.\taapl\tNASDAQ\n\n',
    'industry|sector|listing_exchange|description|act symbol\rPhones|Technology|NASDAQ|Apple, Inc.|AAPL'
  ]

  for (const listing of listings) {
    const { rows, badLines, ignored } = readListing(listing)
    t.match(rows, [apple], listing)
    t.strictSame([badLines, ignored], [[], []])
  }
})

t.test('columns that a symbol has no place for are named', async t => {
  t.strictSame(readListing('symbol,name,Country,market_cap\nA,B,US,1').ignored, ['Country', 'market_cap'])
})

t.test('what a source writes for unknown is unknown', async t => {
  const { rows } = readListing('symbol,name,sector,industry,type,market\nA,B,N/A,-,,none\nC,D,,,ETF,Stocks\n')

  t.strictSame(rows, [
    {
      symbol: 'A',
      name: 'B',
      market: undefined,
      exchange: undefined,
      sector: undefined,
      industry: undefined,
      type: undefined
    },
    {
      symbol: 'C',
      name: 'D',
      market: 'stocks',
      exchange: undefined,
      sector: undefined,
      industry: undefined,
      type: 'etf'
    }
  ])
})

t.test('each bad line is told with its number and reason, and the rest is read', async t => {
  const text = [
    'symbol,name,sector',
    'AAPL,Apple,Technology',
    'aapl,Apple again,Technology',
    ',Nobody,',
    'B@D,Bad,',
    'NONAME,,',
    'SHORT,x',
    'OPEN,"never closed,',
    'ODD,a"b"c,',
    `LONG,${'x'.repeat(501)},`,
    `DETAIL,x,${'y'.repeat(65)}`,
    'LATIN,Soci\ufffdt\ufffd,',
    'MSFT,Microsoft,'
  ].join('\n')

  t.strictSame(
    readListing(text).rows.map(({ symbol }) => symbol),
    ['AAPL', 'MSFT']
  )
  t.strictSame(reasons(text), [
    '3: AAPL is in line 2 already',
    '4: no symbol',
    '5: "B@D" is no symbol: letters, digits and . - ^ = / up to 16',
    '6: NONAME has no name',
    '7: 2 columns, the header has 3',
    '8: no CSV: Quote Not Closed: the parsing is finished with an opening quote',
    '9: no CSV: Invalid Opening Quote: a quote is found on field 1, value is "a"',
    '10: the name of LONG has more than 500 characters',
    '11: the sector of DETAIL has more than 64 characters',
    '12: the name of LATIN has characters that are none: is the file UTF-8?'
  ])
})

t.test('what is no listing is refused with what is missing', async t => {
  t.throws(() => readListing('sector,name\n'), {
    name: 'ListingError',
    message: /no column for the symbol .* but: sector, name$/
  })
  t.throws(() => readListing('symbol,sector\n'), { message: /no column for the name/ })
  t.throws(() => readListing(''), { message: /but: nothing$/ })
})

t.test('whatever the lines under a header are, none is read twice and none stops the rest', t => {
  const line = fc.string({ unit: 'grapheme', maxLength: 30 }).map(text => text.replaceAll(/[\r\n]/g, ' '))
  fc.assert(
    fc.property(fc.array(line), lines => {
      const { rows, badLines } = readListing(['symbol,name', ...lines, 'LAST^=/,One'].join('\n'))

      t.ok(rows.length + badLines.length <= lines.length + 1)
      t.equal(new Set(badLines.map(bad => bad.line)).size, badLines.length)
      t.match(rows.at(-1), { symbol: 'LAST^=/', name: 'One' })
    })
  )
  t.end()
})
