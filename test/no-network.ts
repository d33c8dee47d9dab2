import net from "node:net";
import { beforeAll } from "vitest";

/** Unit tests never touch the network: a connection attempt fails loudly instead of depending on where it runs. */
beforeAll(() => {
  net.Socket.prototype.connect = () => {
    throw new Error("a unit test tried to open a connection");
  };
});
