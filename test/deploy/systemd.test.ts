/** The unit for systemd. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { OPTIONS } from '../../src/options.ts'
import { temporaryFolder } from '../support/folder.ts'

const root = resolve(import.meta.dirname, '../..')
const text = readFileSync(join(root, 'deploy/roomd.service'), 'utf8')
const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

/** Sections with their settings; one that is given twice has both values. */
function settingsOf(unit: string): Map<string, string[]> {
  const settings = new Map<string, string[]>()
  let section = ''
  for (const line of unit.split('\n')) {
    if (/^(#|$)/.test(line)) continue
    const [, name] = /^\[(\w+)\]$/.exec(line) ?? []
    const [, key, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (name !== undefined) section = name
    else if (key !== undefined) settings.set(`${section}.${key}`, [...(settings.get(`${section}.${key}`) ?? []), value])
    else throw new Error(`no setting: ${line}`)
  }
  return settings
}

test('the unit runs the installed command as a user of its own, and gives it time to stop', () => {
  const settings = settingsOf(text)
  expect(settings.get('Service.ExecStart')).toEqual(Object.keys(bin))
  // roomd does not speak systemd's protocol of readiness.
  expect(settings.get('Service.Type')).toEqual(['exec'])
  expect(settings.get('Service.DynamicUser')).toEqual(['yes'])
  expect(settings.get('Service.StateDirectory')).toEqual(['roomd'])
  expect(settings.get('Service.Environment')).toEqual(['ROOMD_DATA=%S/roomd'])
  expect(settings.get('Service.ProtectSystem')).toEqual(['strict'])
  // It is started again for as long as its store is away.
  expect(settings.get('Service.Restart')).toEqual(['on-failure'])
  expect(settings.get('Unit.StartLimitIntervalSec')).toEqual(['0'])
  expect(settings.get('Service.MemoryDenyWriteExecute')).toBeUndefined()
  expect(Number(settings.get('Service.TimeoutStopSec'))).toBeGreaterThan(OPTIONS['drain-timeout'].default)
  expect(Number(settings.get('Service.LimitNOFILE'))).toBeGreaterThan(2 * OPTIONS['max-connections'].default)
  expect(settings.get('Install.WantedBy')).toEqual(['multi-user.target'])
})

/** The unit with a command that is there, in a folder of its own. */
function unitFile(unit = text): string {
  const folder = temporaryFolder()
  const command = join(folder, 'roomd')
  writeFileSync(command, '#!/bin/sh\n')
  chmodSync(command, 0o755)
  const file = join(folder, 'roomd.service')
  writeFileSync(file, unit.replace('ExecStart=roomd', `ExecStart=${command}`))
  return file
}

const verify = (file: string) => spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })

test.runIf(hasSystemd)('systemd finds nothing wrong with the unit, and little that it is exposed to', () => {
  expect(verify(unitFile())).toMatchObject({ status: 0, stderr: '' })
  expect(verify(unitFile(text.replace('DynamicUser', 'DynamicUsers'))).stderr).toContain('DynamicUsers')
  const report = execFileSync('systemd-analyze', ['security', '--offline=yes', '--no-pager', unitFile()], {
    encoding: 'utf8',
  })
  const [, exposure] = /exposure level for \S+ ([\d.]+)/.exec(report) ?? []
  expect(Number(exposure)).toBeLessThan(2)
})
