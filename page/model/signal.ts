/** A source of news without content: whoever listens looks for itself. */
export class Signal {
  readonly #listeners = new Set<() => void>()

  on(listener: () => void) {
    this.#listeners.add(listener)
  }

  off(listener: () => void) {
    this.#listeners.delete(listener)
  }

  emit() {
    for (const listener of this.#listeners) listener()
  }
}

/** Returns a function that calls `render` in the next frame, once however often it is called before. */
export function oncePerFrame(render: () => void) {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    requestAnimationFrame(() => {
      isDue = false
      render()
    })
  }
}
