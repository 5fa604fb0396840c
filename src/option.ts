/** The declaration of an option, by which its flag, environment variable, default, check and help text are made. */
export interface Option {
  /** A list is written with commas, or is an array in a file. */
  readonly type: 'string' | 'number' | 'boolean' | 'port' | 'list'
  readonly default: string | number | boolean | undefined
  readonly describe: string
  readonly group: 'Listeners' | 'Data' | 'Limits' | 'Operation'
  readonly choices?: readonly string[]
  /** Smallest and largest value of a number; 0 is the smallest if not given. */
  readonly min?: number
  readonly max?: number
  /** Whether the value may come from a file that the option of this name with `-file` names. */
  readonly secret?: true
}

export type OptionTable = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = O['type'] extends 'number'
  ? number
  : O['type'] extends 'boolean'
    ? boolean
    : O['type'] extends 'port'
      ? number | undefined
      : O['type'] extends 'list'
        ? readonly string[]
        : O extends { choices: readonly (infer C)[] }
          ? C
          : undefined extends O['default']
            ? string | undefined
            : string

/** The values of a table of options; a port that is left out is undefined. */
export type ValuesOf<Table extends OptionTable> = { readonly [K in keyof Table]: ValueOf<Table[K]> }

/** Largest number of seconds that a timer takes. */
export const MAX_TIMER_SECONDS = 2_147_483
