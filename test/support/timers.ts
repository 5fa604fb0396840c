import { onTestFinished, vi } from 'vitest'

/**
 * Holds timers of so many ms until the returned function is called, which runs them: what a test does before they run out may take longer on
 * a busy machine.
 */
export function holdTimers(heldMs: number): () => void {
  const { setTimeout: start, clearTimeout: stop } = globalThis
  const held = new Map<unknown, () => void>()
  const hold = (call: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    if (ms !== heldMs) return start(call, ms, ...args)
    const timer = start(() => {}, 2 ** 31 - 1).unref()
    held.set(timer, () => call(...args))
    return timer
  }
  const spies = [
    // Its type has overloads and a property that nobody here needs.
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(hold as typeof setTimeout),
    vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
      held.delete(timer)
      stop(timer)
    }),
  ]
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
  })
  return () => {
    const calls = [...held.values()]
    held.clear()
    for (const call of calls) call()
  }
}
