// A program of the platform on node's own client: hears all of one kitchen, speaks what it is told, one JSON a line.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, url, kitchen] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/`));
const { createClient } = require("redis");

const hand = createClient({ url });
const ear = hand.duplicate();
await hand.connect();
await ear.connect();
await ear.pSubscribe(`realtime:${kitchen}:*`, (message, channel) => {
  process.stdout.write(JSON.stringify({ channel, message: JSON.parse(message) }) + "\n");
});
process.stdout.write(JSON.stringify({ ready: true }) + "\n");

for await (const line of createInterface({ input: process.stdin })) {
  const { channel, stream, message } = JSON.parse(line);
  if (stream) await hand.xAdd(stream, "*", { message: JSON.stringify(message) });
  else await hand.publish(channel, JSON.stringify(message));
}
process.exit(0);
