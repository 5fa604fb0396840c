/** The environment variables of the options. */
import { similarTo } from './similar.ts'

export const PREFIX = 'ROOMD_'

function variableOf(option: string): string {
  return PREFIX + option.toUpperCase().replaceAll('-', '_')
}

/** Returns the message of an invalid option with the name of the variable that has set it, if the command line has not. */
export function withVariable(
  message: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string {
  const [flag = '', option = ''] = /^--([a-z-]+)/.exec(message) ?? []
  const isGiven = args.some((arg) => arg === flag || arg.startsWith(`${flag}=`) || arg === `--no-${option}`)
  return isGiven || option === '' || env[variableOf(option)] === undefined
    ? message
    : `${message} (${variableOf(option)})`
}

/**
 * Returns the unknown variables, each with the option that it resembles. Kubernetes sets `ROOMD_PORT` and others for a Service named
 * `roomd`.
 */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>, options: readonly string[]) {
  const known = options.map(variableOf)
  const unknown = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.includes(name))
  return unknown.map((name) => ({ name, meant: meantBy(name, options) }))
}

/** Formats a variable for a warning, without its value, which may be a secret. */
export function shownVariable({ name, meant }: { readonly name: string; readonly meant: string | undefined }): string {
  return meant === undefined ? name : `${name} (did you mean ${meant}?)`
}

/** Returns the options that npm has taken for its own, as in `npm start --no-irc`: roomd gets only what stands behind `--`. */
export function optionsOfNpm(
  env: Readonly<Record<string, string | undefined>>,
  options: readonly string[],
): readonly string[] {
  if (env.npm_lifecycle_event !== 'start') return []
  return options.filter((name) => env[`npm_config_${name.replaceAll('-', '_')}`] !== undefined)
}

function meantBy(name: string, options: readonly string[]): string | undefined {
  const option = similarTo(name.slice(PREFIX.length), options)
  return option === undefined ? undefined : variableOf(option)
}
