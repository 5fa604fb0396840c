/** Tells where the log of the roomd is that pm2 has just started; ends with status 1 and the reason if it does not run. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

interface App {
  readonly name: string
  readonly pm2_env: {
    readonly status: string
    readonly exit_code?: number
    readonly pm_out_log_path: string
    readonly pm_err_log_path: string
  }
}

/** Exit status of roomd for invalid options, behind which pm2 does not start it again. */
const MISUSE = 2

const out = execFileSync('pm2', ['--silent', 'jlist'], { encoding: 'utf8' })
const apps: readonly App[] = JSON.parse(out.slice(out.indexOf('[')))
const own = apps.filter(({ name }) => name === 'roomd')
const failed = own.find(({ pm2_env: { status } }) => status !== 'online')
if (failed) {
  const { exit_code: status, pm_err_log_path: file } = failed.pm2_env
  const reason = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)
  const next = status === MISUSE ? '' : 'pm2 goes on trying; npm run daemon:stop ends that\n'
  process.stderr.write(`${reason}\n${next}`)
  process.exitCode = 1
} else {
  process.stdout.write(`roomd runs; its log is ${own[0]?.pm2_env.pm_out_log_path}\n`)
}
