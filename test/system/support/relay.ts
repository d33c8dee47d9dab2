/**
 * Run inside another network: `relay.ts PORT ADDRESS SOCKET` passes connections to an address there on to a Unix socket
 * outside.
 */
import { connect, createServer } from "node:net";
import { passOn } from "./pass-on.ts";

const [port = "", address = "", path = ""] = process.argv.slice(2);

const server = createServer((socket) => passOn(socket, connect(path)));
server.listen(Number(port), address, () => process.stdout.write("ready\n"));
