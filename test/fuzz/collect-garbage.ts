/** Loaded into a daemon with `--import`: the signal makes it collect its garbage, so that its heap holds what is in use. */
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  const { collectGarbage } = await import('../support/collect-garbage.ts')
  process.on('SIGUSR2', () => collectGarbage())
}
