/** Options that are invalid, in the background: pm2 gives up, and whoever has started it learns why. */
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../support/folder.ts'
import { ECOSYSTEM, Pm2 } from '../support/pm2.ts'

test('roomd with invalid options is not started again, and the reason is told, status 1', async () => {
  const home = temporaryFolder()
  const pm2 = new Pm2(home, { ROOMD_LINE: 'abc' })
  onTestFinished(async () => {
    await pm2.run('kill')
  })
  await pm2.run('start', ECOSYSTEM)
  expect(pm2.state()).toEqual({
    status: 1,
    stdout: '',
    stderr: 'roomd: --line is a number from 0 to 65535, or off, not abc (ROOMD_LINE)\n',
  })
  // Without the list of exit statuses pm2 has tried again by now.
  expect(await pm2.apps()).toMatchObject([{ pid: 0, restarts: 0 }])
})
