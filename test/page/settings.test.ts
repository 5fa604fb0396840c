import { expect, test } from 'vitest'
import { LineClient } from '../support/client.ts'
import { openBrowser, startForAll, type Visitor } from './browser.ts'

const visit = openBrowser()
const started = startForAll()

/** Chooses from the menu of the user. */
async function choose({ page }: Visitor, action: string) {
  await page.locator('#me').click()
  await page.getByRole('menuitem', { name: action, exact: true }).click()
}

test('choices hold at once and on the next visit', async () => {
  const ann = await visit(started().port)
  const { page } = ann
  await ann.enter('ann', 'looks')
  await choose(ann, 'Settings…')
  await page.getByLabel('Theme').selectOption('Dark')
  await page.getByLabel('Density').selectOption('Compact')
  await page.getByLabel('Show when people join and leave').uncheck()
  await page.locator('html[data-theme=dark][data-density=compact]').waitFor()
  expect(await page.locator('dt').allTextContents()).toContain('Ctrl+K')
  await page.keyboard.press('Escape')
  await page.locator('#me:focus').waitFor()
  await page.reload()
  await page.locator('html[data-theme=dark][data-density=compact]').waitFor()
  await choose(ann, 'Settings…')
  expect(await page.getByLabel('Show when people join and leave').isChecked()).toBe(false)
  expect(await page.getByLabel('Do not disturb').isChecked()).toBe(false)
  expect(await page.getByLabel('Theme').inputValue()).toBe('dark')
})

test('the menu of the user turns notifications off and on, and the user sees that', async () => {
  const ann = await visit(started().port)
  const { page } = ann
  await ann.enter('ann', 'calm')
  const state = page.locator('#my-state')
  const turn = async (isOn: boolean) => {
    await page.locator('#me').click()
    await page.getByRole('menuitemcheckbox', { name: 'Do not disturb', checked: !isOn }).click()
  }
  await turn(true)
  await state.filter({ hasText: 'Do not disturb' }).waitFor()
  await page.reload()
  await state.filter({ hasText: 'Do not disturb' }).waitFor()
  await choose(ann, 'Settings…')
  expect(await page.getByLabel('Do not disturb').isChecked()).toBe(true)
  await page.keyboard.press('Escape')
  await turn(false)
  await state.filter({ hasText: 'Guest' }).waitFor()
})

test('blocked people are listed, and unblocked', async () => {
  const { port, line } = started()
  await line('bob', 'walls')
  const ann = await visit(port)
  const { page } = ann
  await ann.enter('ann', 'walls')
  await page.locator('#people').getByRole('button', { name: 'bob' }).click()
  await page.getByRole('menuitem', { name: 'Block' }).click()
  await page.locator('.mark', { hasText: 'blocked' }).waitFor()
  await choose(ann, 'Settings…')
  await page.getByRole('button', { name: 'Unblock bob' }).click()
  await page.getByText('Nobody. To block someone, click their name.').waitFor()
})

test('a guest registers the name, changes the password, ends other sessions, and deletes the account', async () => {
  const { port, daemon } = started()
  const amy = await visit(port)
  const { page } = amy
  await amy.enter('amy', 'office')
  await choose(amy, 'Register this name…')
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Nobody will be able to use this name without the password').waitFor()
  // A password manager keeps it for the name.
  expect(await dialog.locator('[autocomplete=username]').inputValue()).toBe('amy')
  await dialog.getByLabel('Password').fill('short')
  await page.keyboard.press('Enter')
  await dialog.locator('.wrong', { hasText: 'Invalid password' }).waitFor()
  await dialog.getByLabel('Password').fill('battery staple')
  await page.keyboard.press('Enter')
  await page.locator('#log', { hasText: 'amy became the owner' }).waitFor()
  await page.locator('#my-state', { hasText: 'Account' }).waitFor()
  expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('battery staple')

  await choose(amy, 'Change password…')
  await dialog.getByLabel('Current password').fill('wrong')
  await dialog.getByLabel('New password').fill('correct horse')
  await page.keyboard.press('Enter')
  await dialog.locator('.field', { hasText: 'Current password' }).getByText('Password incorrect.').waitFor()
  await dialog.getByLabel('Current password').fill('battery staple')
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })

  const other = await LineClient.connect(daemon)
  await other.ask('LOGIN amy correct horse')
  await choose(amy, "Where you're logged in…")
  await dialog.getByText('This browser').first().waitFor()
  await dialog.getByRole('button', { name: 'Log out everywhere else' }).click()
  await other.closed
  await dialog.getByRole('button', { name: 'Log out everywhere else' }).waitFor({ state: 'hidden' })
  await page.keyboard.press('Escape')
  await amy.connected()

  await choose(amy, 'Settings…')
  await page.getByRole('button', { name: 'Delete account…' }).click()
  await page.getByLabel('Current password').fill('correct horse')
  await page.getByRole('button', { name: 'Delete account', exact: true }).click()
  await page.locator('#start').waitFor()
  const late = await LineClient.connect(daemon)
  expect(await late.ask('LOGIN amy')).toMatchObject({ type: 'error', code: 'name-reserved' })
  late.socket.destroy()
})

test('logging out shows the start, and closes what is open', async () => {
  const { port, line } = started()
  const bob = await line('bob', 'exit')
  const ann = await visit(port)
  await ann.enter('ann', 'exit')
  await choose(ann, 'Log out')
  await ann.page.locator('#start').waitFor()
  await bob.until((event) => event.type === 'userLeft' && event.from === 'ann')
})
