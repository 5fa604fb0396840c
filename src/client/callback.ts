/** Calls a callback of the program; what it throws comes to light when the library has done its work. */
export function callBack<T extends readonly unknown[]>(
  callback: ((...values: T) => void) | undefined,
  ...values: T
): void {
  try {
    callback?.(...values)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

/** Does nothing. */
export function ignore(): void {}
