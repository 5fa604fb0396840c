/** Commands of the server that are of no use here, with the reason. */
export const NOT_HERE: Readonly<Record<string, string>> = {
  login: 'You are logged in; start roomd chat --as NICKNAME for another nickname',
  pipe: 'Not here; roomd send says lines as they are',
  plain: 'Not here; start roomd chat --plain',
  json: 'Not here; roomd tail --json prints JSON',
}

/** Help about what only this program has. */
export const CHAT_HELP: readonly string[] = [
  'Here: /join ROOM, /leave, /next, /previous, /clear, /quit; //text says /text.',
  'Keys: Tab completes; Ctrl-N, Ctrl-P next and previous room; Alt-1 to Alt-9 a room; PageUp, PageDown scroll; Up, Down earlier lines; Alt-Enter a line feed; Ctrl-L draws anew; Ctrl-Z suspends; Ctrl-D or /quit ends.',
]
