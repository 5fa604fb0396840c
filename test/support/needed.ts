/** Programs that a test needs, started from the PATH. */
import { execFileSync } from 'node:child_process'
import type { TestContext } from 'vitest'

function isFound(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

/** Skips a test that needs a program where that is missing, and fails it with CI=true. */
export function need(program: string, { skip }: TestContext): void {
  if (isFound(program)) return
  if (process.env.CI === 'true') throw new Error(`${program} is missing`)
  skip(`${program} is missing`)
}
