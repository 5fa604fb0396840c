/** The room with id 1, as it is created (docs/protocols/README.md, section 2). */
export const LOBBY_ROOM = {
  id: 1,
  title: 'Public Chat',
  description: 'This is the default chat, available to everyone!',
} as const
