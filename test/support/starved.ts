import { readdirSync, readFileSync } from 'node:fs'

/** Returns a function that tells how long threads of a process have been ready to run and have not run, in ms (Linux, Documentation/scheduler/sched-stats.rst). */
export function starvationOf(pid: number, names: readonly string[]): () => number {
  const tasks = readdirSync(`/proc/${pid}/task`)
    .map((task) => `/proc/${pid}/task/${task}`)
    .filter((task) => names.includes(readFileSync(`${task}/comm`, 'latin1').trim()))
  return () => tasks.reduce((sum, task) => sum + starvedMs(task), 0)
}

/** The same of this thread. */
export function ownStarvation(): number {
  return starvedMs('/proc/thread-self')
}

function starvedMs(task: string): number {
  return Number(readFileSync(`${task}/schedstat`, 'latin1').split(' ')[1]) / 1e6
}
