/** Reads the instructions of a Dockerfile, without heredocs and line continuations, which ours does not have. */

export interface Stage {
  readonly image: string
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

export interface Instruction {
  readonly word: string
  readonly rest: string
}

export function stagesOf(dockerfile: string): Stage[] {
  const stages: (Stage & { instructions: Instruction[] })[] = []
  for (const line of dockerfile.split('\n')) {
    if (/^\s*(#|$)/.test(line)) continue
    const [, word = '', rest = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? []
    if (word === '') throw new Error(`no instruction: ${line}`)
    const [, image = '', name] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? []
    if (word === 'FROM') stages.push({ image, name, instructions: [] })
    else if (stages.length > 0) stages.at(-1)?.instructions.push({ word, rest })
    else throw new Error(`before FROM: ${line}`)
  }
  return stages
}

/** The arguments of all instructions of one word. */
export function argumentsOf({ instructions }: Stage, word: string): string[] {
  return instructions.filter((instruction) => instruction.word === word).map(({ rest }) => rest)
}

/** What the file .dockerignore lets into the context: ours excludes everything, then names paths. */
export function contextOf(dockerignore: string): string[] {
  const [all, ...names] = dockerignore.trim().split('\n')
  if (all !== '*' || names.some((name) => !/^![\w./-]+$/.test(name))) throw new Error('not a list of what is let in')
  return names.map((name) => name.slice(1))
}
