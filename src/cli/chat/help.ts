/** Commands of the server that are of no use here, with the reason. */
export const NOT_HERE: Readonly<Record<string, string>> = {
  login: 'You are logged in; start roomd chat --as NICKNAME for another nickname',
  pipe: 'Not here; roomd send says lines as they are',
  plain: 'Not here; start roomd chat --plain',
  json: 'Not here; roomd tail --json prints JSON',
  enter: 'Not here; /join enters a room',
  speak: 'Not here; roomd send says texts without joining',
  listen: 'Not here; roomd tail prints what happens without joining',
}

/** The first page of help: what most people need, on a terminal of 24 lines. */
export const FIRST_PAGE: readonly string[] = [
  'Type a text and press Enter to say it; //text says /text.',
  '/join ROOM [PASSWORD]      enter a room; /leave leaves this one',
  '/who, /rooms               who is here; the public rooms',
  '/tell NICKNAME TEXT        a private message; /inbox shows them',
  '/me TEXT                   say what you do',
  '/history [N]               what was said before; /search WORDS finds it',
  '/topic, /away [TEXT]       the topic; mark yourself as away',
  '/block NICKNAME            hear nothing of a user; /unblock',
  '/register PASSWORD         make your nickname an account',
  '/next, /previous           the other rooms; /clear empties the window',
  '/quit                      end, as Ctrl-D',
  'Keys: Tab completes; Alt-1 to Alt-9, Ctrl-N, Ctrl-P another room;',
  'PageUp, PageDown scroll; Up, Down earlier lines; Alt-Enter a line feed;',
  'Ctrl-L draws anew; Ctrl-Z suspends.',
  '/help COMMAND explains one; /help all lists every command.',
]

/** Help about the commands that this program has, or takes otherwise than the server. */
export const OWN_HELP: Readonly<Record<string, string>> = {
  join: '/join ROOM [PASSWORD]: Enter a room, which is created if it does not exist, or show one that you are in.',
  leave: '/leave: Leave the room that is shown.',
  history: '/history [N]: The newest N messages and events of the room, 100 if not given.',
  next: '/next: Show the next room.',
  previous: '/previous: Show the previous room.',
  clear: '/clear: Empty the window.',
  quit: '/quit: Leave all rooms and end.',
}
