/** Keys for all of the page. */
import type { Desk } from '../model/desk.ts'

export class Keys {
  constructor(_desk: Desk) {}
}
