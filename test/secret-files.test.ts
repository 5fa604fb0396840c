import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError, checkConfig } from '../src/config.ts'
import { exposedSecrets, readSecretFile } from '../src/secret-files.ts'
import { temporaryFolder } from './support/folder.ts'

const SECRET = 'a secret of 24 letters.'

function fileWith(content: string | Buffer): string {
  const file = join(temporaryFolder(), 'secret')
  writeFileSync(file, content)
  return file
}

describe('a file with a secret', () => {
  it.each([SECRET, `${SECRET}\n`, `${SECRET}\r\n`, `\ufeff${SECRET}\n`])('holds one line: %j', (content) => {
    expect(readSecretFile(fileWith(content))).toBe(SECRET)
  })

  it('may be a pipe', () => {
    const module = join(import.meta.dirname, '../src/secret-files.ts')
    const script = `console.log((await import(${JSON.stringify(module)})).readSecretFile(process.argv[1]))`
    const args = ['-c', '"$0" --input-type=module -e "$1" <(sleep 0.1; echo "$2")', process.execPath, script, SECRET]
    const { stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8' })
    expect({ stdout, stderr }).toEqual({ stdout: `${SECRET}\n`, stderr: '' })
  })

  it('that cannot be read, or holds something else, is named without its content', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'inner'))
    const wrong: [string, string][] = [
      [join(folder, 'none'), 'there is no such file'],
      [join(fileWith('x'), 'none'), 'there is no such file'],
      [join(folder, 'inner'), 'it is a folder'],
      ['/dev/zero', 'it is too long for a secret'],
      [fileWith(''), 'it is empty'],
      [fileWith('\n'), 'it is empty'],
      [fileWith(`${SECRET}\n${SECRET}\n`), 'it has more than one line'],
      [fileWith(Buffer.from([0x61, 0xff])), 'it is not UTF-8'],
    ]
    for (const [file, why] of wrong) {
      for (const option of ['redis-file', 'globes-secret-file']) {
        const check = () => checkConfig({ [option]: file })
        expect(check, file).toThrow(ConfigError)
        expect(check, file).toThrow(new ConfigError(`--${option} ${file}: ${why}`))
      }
    }
  })
})

describe('options from files', () => {
  it('are what the file says', () => {
    const config = checkConfig({
      'globes-secret-file': fileWith(`${SECRET}\n`),
      'redis-file': fileWith('redis://:pass@host:6380/1\n'),
    })
    expect(config).toMatchObject({ 'globes-secret': SECRET, redis: 'redis://:pass@host:6380/1' })
  })

  it('are not given twice', () => {
    const file = fileWith(SECRET)
    for (const name of ['redis', 'globes-secret']) {
      const check = () => checkConfig({ [name]: SECRET, [`${name}-file`]: file })
      expect(check).toThrow(new ConfigError(`--${name} and --${name}-file exclude each other`))
    }
  })

  it('are checked like others, and not shown', () => {
    const [short, url] = [fileWith('short one'), fileWith('http://:pass@host')]
    expect(() => checkConfig({ 'globes-secret-file': short })).toThrow(
      new ConfigError(`--globes-secret-file ${short}: --globes-secret needs at least 16 characters`),
    )
    expect(() => checkConfig({ 'redis-file': url })).toThrow(
      new ConfigError(`--redis-file ${url}: --redis is a URL such as redis://host:6379/0, or rediss:// for TLS`),
    )
  })
})

describe('flags that hold a secret', () => {
  it.each([
    [['--redis', 'redis://:pass@host'], ['--redis']],
    [
      ['--redis=redis://me:pass@host/1', '--globes-secret=x'],
      ['--redis', '--globes-secret'],
    ],
    [['--globesSecret', 'x', '--globes-secret', 'y'], ['--globes-secret']],
    [['import', '--redis', 'rediss://:pass@host', 'file'], ['--redis']],
    [['--redis', 'redis://host', '--redis-file', '/run/redis', '--globes-secret-file=/run/globes'], []],
    [['--redis-prefix', 'redis://:pass@host', '--redis'], []],
  ])('%j: %j', (args, exposed) => {
    expect(exposedSecrets(args)).toEqual(exposed)
  })
})
