import { createClient } from './sdk/tickstock.js'

const MOST_ROWS = 300
const element = id => document.getElementById(id)
let client

const identity = () => {
  const token = element('token').value.trim()
  return token === '' ? { user: 'visitor' } : { token }
}

function queryOf() {
  const symbols = element('symbols')
    .value.toUpperCase()
    .split(/[\s,]+/)
    .filter(Boolean)
  const confidence = element('confidence').value
  return {
    ...(symbols.length > 0 && { symbols }),
    ...(confidence !== '' && { confidence_min: Number(confidence) })
  }
}

function notice(text) {
  element('notice').textContent = text
  element('notice').hidden = text === ''
}

const number = (value, digits, unit = '') => (value == null ? '–' : `${value.toFixed(digits)}${unit}`)

function show({ kind, at, pattern, offset }) {
  const { relative_strength: rs, relative_volume: volume, rsi } = pattern.indicators ?? {}
  const { change } = pattern
  const cells = [
    [new Date(at).toLocaleTimeString()],
    [pattern.symbol],
    [pattern.pattern.replaceAll('_', ' ')],
    [`${pattern.channel} / ${pattern.timeframe}`],
    [pattern.confidence === undefined ? '–' : `${Math.round(pattern.confidence * 100)} %`, 'number'],
    [number(pattern.price, 2), 'number'],
    [
      change > 0 ? `+${number(change, 1, ' %')}` : number(change, 1, ' %'),
      `number ${change < 0 ? 'down' : change > 0 ? 'up' : ''}`
    ],
    [number(rs, 1, 'x'), 'number'],
    [number(volume, 1, 'x'), 'number'],
    [number(rsi, 0), 'number'],
    [kind.replace('pattern_', '')],
    [pattern.synthetic ? 'synthetic' : ''],
    [offset ?? '–', 'number']
  ]
  const row = document.createElement('tr')
  row.className = kind
  for (const [text, names = ''] of cells) {
    const cell = row.insertCell()
    cell.textContent = text
    cell.className = names
  }
  element('rows').prepend(row)
  while (element('rows').rows.length > MOST_ROWS) element('rows').lastElementChild.remove()
}

/** An update that takes a pattern into the filter, or out of it, is shown as that. */
const kindOf = (kind, change) => (change === 'late' || (change && kind === 'pattern_updated') ? change : kind)

const BEHIND = { catching_up: 'catching up', gap: 'live, with a gap' }

/** The patterns that live now, then everything after them. */
async function follow() {
  client?.close()
  const mine = createClient({ url: location.href, ...identity() })
  client = mine
  element('rows').replaceChildren()
  let received = 0
  let gaps = 0
  const positions = new Map()
  const state = text => {
    element('state').textContent = text
  }
  const at = ({ channel, position: { epoch, offset } }) => {
    positions.set(channel, `${channel} ${epoch.slice(0, 6)}:${offset}`)
    element('positions').textContent = [...positions.values()].join(' · ')
  }
  element('received').textContent = '0'
  element('missed').textContent = '0'
  state('scanning')
  const handlers = {
    onEvent: ({ kind, published_at, pattern }, place) => {
      received += 1
      element('received').textContent = received
      show({ kind: kindOf(kind, place.change), at: published_at, pattern, offset: place.position.offset })
      at(place)
    },
    onPosition: at,
    onGap: ({ reason, have, next }, channel) => {
      gaps += 1
      element('missed').textContent = `${gaps} gaps`
      notice(
        `Missed in ${channel} (${reason}): from ${have.epoch}:${have.offset} to ${next.epoch}:${next.offset}. Follow again for the whole picture.`
      )
    },
    onStatus: ({ state: name, behind }) => state(`${BEHIND[name] ?? name}${behind > 0 ? `, ${behind} behind` : ''}`),
    onState: (name, reason) => {
      if (name === 'stopped') notice(`Stopped: ${reason}`)
    },
    onRefused: ({ detail, action, temporary }) => {
      if (!temporary) notice(`Refused: ${detail}. ${action}.`)
    }
  }
  for (;;) {
    try {
      const query = { ...queryOf(), per_page: 50, sort_by: 'detected_at' }
      const { answer } = await mine.scanAndSubscribe(query, handlers)
      if (mine !== client) return
      notice('')
      for (const pattern of answer.patterns.toReversed()) show({ kind: 'live', at: pattern.detected_at, pattern })
      return
    } catch (error) {
      if (mine !== client) return
      state('waiting')
      notice(error.message)
      await new Promise(resolve => setTimeout(resolve, 2000))
    }
  }
}

function command(text) {
  const item = document.createElement('li')
  const code = document.createElement('code')
  const button = document.createElement('button')
  code.textContent = text
  button.type = 'button'
  button.textContent = 'Copy'
  button.setAttribute('aria-label', `Copy: ${text}`)
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text)
      button.textContent = 'Copied'
    } catch {
      getSelection().selectAllChildren(code)
      button.textContent = 'Selected'
    }
  })
  item.append(code, button)
  return item
}

const api = `${location.origin}/api`
element('commands').append(
  command(`curl -H 'X-User-ID: you' '${api}/patterns/scan?confidence_min=0.8&per_page=5'`),
  command(
    `curl -H 'X-User-ID: you' -H 'Content-Type: application/json' -d '{"name":"Tech","symbols":["AAPL","MSFT"]}' ${api}/users/universe/watchlists`
  ),
  command(`npm run watch -- --url ${location.origin}`)
)
element('identity').addEventListener('submit', event => {
  event.preventDefault()
  follow()
})
follow()
