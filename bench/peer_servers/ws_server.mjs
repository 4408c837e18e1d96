// What a Node programmer writes by hand: `ws`, ioredis, a set of sockets for each kitchen.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.PEERS}/`);
const { WebSocketServer } = require('ws');
const { Redis } = require('ioredis');

const rooms = new Map();
const http = createServer();
new WebSocketServer({ server: http, perMessageDeflate: false }).on('connection', (socket, request) => {
  const kitchen = request.url.slice(request.url.lastIndexOf('/') + 1);
  if (!rooms.has(kitchen)) rooms.set(kitchen, new Set());
  const room = rooms.get(kitchen);
  room.add(socket);
  socket.on('close', () => room.delete(socket));
  socket.on('error', () => {});
});
const redis = new Redis(Number(process.env.REDIS_PORT));
redis.on('pmessageBuffer', (_pattern, channel, message) => {
  const room = rooms.get(channel.toString().split(':', 2)[1]);
  if (room) for (const socket of room) socket.send(message, { binary: false });
});
await redis.psubscribe('realtime:*:production:status');
http.listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: 4096 });
