import t, { type Test } from 'tap'
import { localStorageStore } from '../../src/storage.ts'

/** As browsers have it. */
class TestStorage {
  readonly items = new Map<string, string>()
  fault: Error | undefined

  getItem(name: string): string | null {
    if (this.fault) throw this.fault
    return this.items.get(name) ?? null
  }

  setItem(name: string, text: string): void {
    if (this.fault) throw this.fault
    this.items.set(name, text)
  }
}

/** A tab: all tabs share the one, each has its own of the other. */
function useStorage(t: Test, localStorage = new TestStorage(), sessionStorage = new TestStorage()) {
  t.intercept(globalThis, 'localStorage', { value: localStorage, configurable: true })
  t.intercept(globalThis, 'sessionStorage', { value: sessionStorage, configurable: true })
  return { localStorage, sessionStorage }
}

const at = (offset: number, epoch = 'e1') => ({ daily: { epoch, offset } })

t.test('a page that is loaded again goes on where its tab was', async t => {
  useStorage(t)
  localStorageStore().save('k', at(3))
  t.same(localStorageStore().load('k'), at(3))
  t.equal(localStorageStore().load('another'), undefined)
})

t.test('tabs do not disturb each other, and a new one begins at the furthest', async t => {
  const { localStorage, sessionStorage } = useStorage(t)
  localStorageStore().save('k', { ...at(9), combo: { epoch: 'e1', offset: 1 } })
  useStorage(t, localStorage)
  localStorageStore().save('k', at(5))
  t.same(localStorageStore().load('k'), at(5))
  useStorage(t, localStorage, sessionStorage)
  t.same(localStorageStore().load('k'), { ...at(9), combo: { epoch: 'e1', offset: 1 } })
  useStorage(t, localStorage)
  t.same(localStorageStore().load('k'), { ...at(9), combo: { epoch: 'e1', offset: 1 } })
  localStorageStore().save('k', at(1, 'e2'))
  useStorage(t, localStorage)
  t.same(localStorageStore().load('k'), { ...at(1, 'e2'), combo: { epoch: 'e1', offset: 1 } })
})

t.test('where nothing can be kept, that is told once, and positions live as long as the page', async t => {
  const { localStorage, sessionStorage } = useStorage(t)
  localStorage.fault = new Error('QuotaExceededError')
  sessionStorage.fault = localStorage.fault
  const faults: unknown[] = []
  const store = localStorageStore({ onFailure: fault => faults.push(fault) })

  t.equal(store.load('k'), undefined)
  store.save('k', at(3))

  t.same(store.load('k'), at(3))
  t.same(faults, [localStorage.fault])
})

t.test('what is there and is no position is left out', async t => {
  const { localStorage } = useStorage(t)
  const warnings = t.capture(console, 'warn')
  const store = localStorageStore()
  localStorage.items.set('tickstock:k', '{"daily":{"epoch":"e1","offset":-1},"combo":{"epoch":"e1","offset":2}}')
  t.same(store.load('k'), { combo: { epoch: 'e1', offset: 2 } })
  localStorage.items.set('tickstock:k', 'null')
  t.same(store.load('k'), {})
  localStorage.items.set('tickstock:k', '{')
  t.equal(store.load('k'), undefined)
  store.save('k', at(1))
  t.same(JSON.parse(localStorage.items.get('tickstock:k') ?? ''), at(1))
  t.equal(warnings().length, 1)
})
