/** The declaration of an option: its flag, environment variable, default, check and help text. */
export interface Option {
  /** Type of the value; a list is comma-separated, or an array in a configuration file. */
  readonly type: 'string' | 'number' | 'boolean' | 'port' | 'list'
  readonly default: string | number | boolean | undefined
  readonly describe: string
  readonly group: 'Listeners' | 'Data' | 'Limits' | 'Operation'
  readonly choices?: readonly string[]
  /** Minimum of a number; 0 if not given. */
  readonly min?: number
  /** Maximum of a number. */
  readonly max?: number
  /** True if the option with the suffix `-file` can give the value as the content of a file. */
  readonly secret?: true
}

/** Returns the default of an option as tables and help show it. */
export function defaultOf({ type, default: value }: Option): string {
  return String(value ?? (type === 'port' ? 'off' : 'none'))
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

/** The values of a table of options; a disabled port is undefined. */
export type ValuesOf<Table extends OptionTable> = { readonly [K in keyof Table]: ValueOf<Table[K]> }

export const MAX_TIMER_SECONDS = 2_147_483
