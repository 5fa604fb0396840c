/** Resolves when the promise settles, at the latest after `ms`. */
export async function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms).unref()
  await Promise.race([Promise.allSettled([promise]), late])
  clearTimeout(timer)
}
