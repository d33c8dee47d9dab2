/**
 * Run inside another network: `relay.ts PORT SOCKET [ADDRESS]` passes connections to its loopback or an address on to a
 * Unix socket outside.
 */
import { connect, createServer } from "node:net";

const [port = "", path = "", address = "127.0.0.1"] = process.argv.slice(2);

const server = createServer((socket) => {
  const onward = connect(path);
  for (const [one, other] of [
    [socket, onward],
    [onward, socket],
  ] as const) {
    one.on("error", () => other.destroy()).on("close", () => other.destroy());
  }
  socket.pipe(onward).pipe(socket);
});
server.listen(Number(port), address, () => process.stdout.write("ready\n"));
