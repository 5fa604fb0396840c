import { execFileSync } from 'node:child_process'
import type { TestContext } from 'vitest'

const found = (() => {
  try {
    execFileSync('python3', ['--version'], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
})()

/** Skips a test that needs python3 where that is missing, and fails it with CI=true. */
export function needPython({ skip }: TestContext): void {
  if (found) return
  if (process.env.CI === 'true') throw new Error('python3 is missing')
  skip('python3 is missing')
}

/** What a script prints that is given this input. */
export function python(script: string, input: string): string {
  return execFileSync('python3', ['-I', '-c', script], { input, encoding: 'utf8', maxBuffer: 2 ** 28 })
}

/** Each text of JSON as Python writes its value by default. */
export function pythonDumps(texts: readonly string[]): string[] {
  const script = 'import json, sys\nfor line in sys.stdin: print(json.dumps(json.loads(line)))'
  return python(script, texts.map((text) => `${text}\n`).join(''))
    .trimEnd()
    .split('\n')
}
