/**
 * The values of `node:http` in use. An import of the module itself reads all that it exports, and so also loads the client for WebSockets
 * and `fetch` of Node.js, which takes ten times as long as the rest.
 */
export const { Agent, createServer, request, ServerResponse, STATUS_CODES } = process.getBuiltinModule('node:http')
