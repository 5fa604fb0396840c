/** A name that this node holds in a room. */
export interface Claim {
  readonly room: number
  readonly key: string
  readonly name: string
  /** Whose claim it is: no other has the same. */
  readonly token: string
  joined: boolean
  color: string
  /** False while Redis may have lost it. */
  certain: boolean
}

/** What stands of it in the name's slot. */
export function noteOf({ room, token }: Claim): string {
  return `${room} ${token}`
}
