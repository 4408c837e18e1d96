// Socket.IO with its Redis adapter, a room for each kitchen; "template" prints what another process would publish.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.PEERS}/`);
const { Redis } = require('ioredis');
const { Server } = require('socket.io');
const { createAdapter } = require('@socket.io/redis-adapter');

const publisher = new Redis(Number(process.env.REDIS_PORT));
const subscriber = publisher.duplicate();
const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false, pingTimeout: 120000 });
io.adapter(createAdapter(publisher, subscriber));

if (process.argv[2] === 'template') {
  const watch = publisher.duplicate();
  watch.on('pmessageBuffer', (_pattern, channel, message) => {
    if (!channel.toString().startsWith('socket.io#')) return;
    const said = { channel: channel.toString(), message: message.toString('base64') };
    process.stdout.write(`${JSON.stringify(said)}\n`, () => process.exit(0));
  });
  await watch.psubscribe('*');
  io.to('t99999').emit('status', JSON.parse(process.argv[3]));
} else {
  io.on('connection', (socket) => socket.join(socket.handshake.query.tenant));
  http.listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: 4096 });
}
