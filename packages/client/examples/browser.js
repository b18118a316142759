import { createClient } from './tickstock.js'
import { localStorageStore } from './tickstock-storage.js'

const MOST_ROWS = 100
const byId = id => document.getElementById(id)
const [status, pause, gaps, events] = ['status', 'pause', 'gaps', 'events'].map(byId)

/** What this tab has shown, newest first: it is there again after a reload, and events go on behind it. */
const shown = JSON.parse(sessionStorage.getItem('shown') ?? '[]')
for (const cells of shown) events.append(rowOf(cells))

let going = Promise.withResolvers()
going.resolve()
pause.addEventListener('click', () => {
  const isPaused = pause.getAttribute('aria-pressed') === 'false'
  pause.setAttribute('aria-pressed', String(isPaused))
  if (isPaused) going = Promise.withResolvers()
  else going.resolve()
})

// In production: `token: () => currentToken()`. A bare name is for services in development mode.
const client = createClient({ url: location.href, user: 'example', onStatus: showStatus })
const live = client.live({ keep: { store: localStorageStore(), key: 'example' } })

for await (const item of live) {
  switch (item.type) {
    case 'event':
      // The loop sets the pace: while it waits here the server sends no more than it was allowed to.
      await going.promise
      show(item)
      break
    case 'gap':
      gaps.textContent += `${item.channel}: offsets ${item.have.offset + 1} to ${item.next.offset} are lost (${item.reason}). `
      // A page that shows what lives now would scan again here.
      live.rescanned()
  }
}

function showStatus({ state, behind, age, reason }) {
  const parts = [
    state.replace('_', ' '),
    age && `${Math.round(age / 1000)} s old`,
    behind && `${behind} behind`,
    reason
  ]
  status.dataset.state = state
  status.value = parts.filter(Boolean).join(', ')
}

function show({ channel, position, event }) {
  const { kind, published_at, pattern } = event
  const time = new Date(published_at).toLocaleTimeString()
  const confidence = 'confidence' in pattern ? `${Math.round(pattern.confidence * 100)} %` : ''
  const cells = [`${channel} ${position.offset}`, time, pattern.symbol, pattern.pattern, kind.slice(8), confidence]
  shown.unshift(cells)
  shown.splice(MOST_ROWS)
  sessionStorage.setItem('shown', JSON.stringify(shown))
  events.prepend(rowOf(cells))
  events.children[MOST_ROWS]?.remove()
}

function rowOf(cells) {
  const row = document.createElement('tr')
  for (const text of cells) row.insertCell().textContent = text
  return row
}
