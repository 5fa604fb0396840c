import { execFileSync } from 'node:child_process'
import type { TestContext } from 'vitest'
import { need } from './needed.ts'

/** Skips a test that needs python3 where that is missing, and fails it with CI=true. */
export function needPython(context: TestContext): void {
  need('python3', context)
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
