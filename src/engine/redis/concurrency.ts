/** Calls an asynchronous function for each item, at most `atOnce` at a time. Rejects with the first error and then starts no further call. */
export async function forEachLimit<T>(
  all: Iterable<T>,
  atOnce: number,
  act: (one: T) => Promise<unknown>,
): Promise<void> {
  const rest = [...all].values()
  let failed = false
  const work = async () => {
    for (const one of rest) {
      if (failed) return
      await act(one)
    }
  }
  const workers = Array.from({ length: atOnce }, () =>
    work().catch((error: unknown) => {
      failed = true
      throw error
    }),
  )
  await Promise.all(workers)
}
