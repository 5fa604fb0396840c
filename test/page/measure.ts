/** How long a page holds its thread, in time of the processor: what else the machine does meanwhile does not count. */
import type { Visitor } from './browser.ts'

/**
 * Maximum length of a task of the page, in ms. The page must hold 50, from which on users notice it: `LONGEST_TASK_MS=50 npx vitest run test/page`
 * on a quiet machine. In a busy one caches and garbage collection make tasks several times as long; what grows with the messages is found all the same.
 */
export const MOST_TASK_MS = Number(process.env.LONGEST_TASK_MS ?? 400)

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** In µs of the thread's own clock. */
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

/** Does something, and resolves with the longest task of the page's main thread meanwhile, in ms. */
export async function longestTask({ page }: Visitor, act: () => Promise<unknown>): Promise<number> {
  const browser = page.context().browser()
  if (!browser) throw new Error('no browser')
  await browser.startTracing(page, { categories: ['toplevel', '__metadata', 'disabled-by-default-devtools.timeline'] })
  await act()
  const { traceEvents } = JSON.parse(String(await browser.stopTracing())) as { traceEvents: TraceEvent[] }
  const threads = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
  const isPage = ({ pid, tid }: TraceEvent) => threads.some((thread) => thread.pid === pid && thread.tid === tid)
  const tasks = traceEvents.filter((event) => event.name === 'RunTask' && isPage(event))
  if (tasks.length === 0) throw new Error('no tasks in the trace')
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1_000
}
