import { Follower } from './follow.js'

const MOST_ROWS = 300
const element = id => document.getElementById(id)
let follower
let round = 0

const identity = () => {
  const token = element('token').value.trim()
  return token === '' ? { user: 'visitor' } : { token }
}

const headers = ({ token, user }) =>
  token === undefined ? { 'x-user-id': user } : { authorization: `Bearer ${token}` }

function filterOf() {
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

async function scan(filter, who) {
  const query = new URLSearchParams({ per_page: '50', sort_by: 'detected_at' })
  if (filter.symbols) query.set('symbols', filter.symbols.join())
  if (filter.confidence_min !== undefined) query.set('confidence_min', filter.confidence_min)
  const response = await fetch(`/api/patterns/scan?${query}`, { headers: headers(who) })
  const answer = await response.json()
  if (!response.ok) throw new Error(`${answer.title}: ${answer.detail} ${answer.action}.`)
  return answer
}

/** The patterns that live now, then everything after them. */
async function follow() {
  const mine = ++round
  follower?.stop()
  element('rows').replaceChildren()
  let received = 0
  let gaps = 0
  const who = identity()
  const filter = filterOf()
  const state = text => {
    element('state').textContent = text
  }
  element('received').textContent = '0'
  element('missed').textContent = '0'
  state('scanning')
  let answer
  while (answer === undefined) {
    try {
      answer = await scan(filter, who)
      notice('')
    } catch (error) {
      state('waiting')
      notice(error.message)
      await new Promise(resolve => setTimeout(resolve, 2000))
    }
    if (mine !== round) return
  }
  for (const pattern of answer.patterns.reverse()) show({ kind: 'live', at: pattern.detected_at, pattern })
  follower = new Follower({
    positions: answer.positions,
    filter,
    identity: who,
    onState: state,
    onEvent: ({ kind, published_at: at, pattern }, offset) => {
      received += 1
      element('received').textContent = received
      show({ kind, at, pattern, offset })
    },
    onGap: ({ channel, reason, have, next }) => {
      gaps += 1
      element('missed').textContent = `${gaps} gaps`
      notice(
        `Missed in ${channel} (${reason}): from ${have.epoch}:${have.offset} to ${next.epoch}:${next.offset}. Follow again for the whole picture.`
      )
    },
    onPositions: positions => {
      const texts = [...positions].map(([channel, { epoch, offset }]) => `${channel} ${epoch.slice(0, 6)}:${offset}`)
      element('positions').textContent = texts.join(' · ')
    }
  })
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
