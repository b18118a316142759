export { type LocalStorageStoreOptions, localStorageStore } from './stores/local-storage-store.ts'
export { memoryStore } from './stores/memory-store.ts'
