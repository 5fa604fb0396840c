import type { LocalStore } from './store.ts'

/** Indexes messages, a slice at a time. Commits may run at every `yield`. */
export function* indexMessages(store: LocalStore): Generator<void> {
  while (store.indexNext()) {
    yield
    store.mergeIndex()
    yield
  }
  while (store.mergeIndex()) yield
}
