/** Lets the page open without the server. */

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

/** The address of the service worker, which the content security policy takes from this policy only. */
const WORKER = 'page/worker.js'

/** Registers the service worker, where the browser has one: over HTTPS, or on the same machine. */
export async function workOffline() {
  const { serviceWorker } = navigator as { readonly serviceWorker?: ServiceWorkerContainer }
  if (!serviceWorker) return
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  const policy = trustedTypes?.createPolicy('roomd', { createScriptURL: (url) => url })
  try {
    await serviceWorker.register(policy?.createScriptURL(WORKER) ?? WORKER, { scope: './' })
  } catch {
    // It is a help only; a browser may forbid it.
  }
}
