import { spawn } from "node:child_process";
import { createServer } from "node:http";

/**
 * Answers the requests of `train.ts` while the command in this program's arguments runs. A process of its own: a server
 * in the trained one would leave Node's modules for servers in the snapshot.
 */

/** Below those that Linux gives to connections. */
export const trainingPort = 29_391;

const token = JSON.stringify({ access_token: "training", expires_in: 3600, token_type: "Bearer" });
const linked = JSON.stringify({ result: 1, msg: "OK" });

function serve([file = "", ...parameters]: readonly string[]): void {
  const server = createServer((request, response) => {
    const body = request.url === "/o/oauth/token" ? token : linked;
    // Each answer in one piece: `parser-for-training.ts` reads no other form.
    response.sendDate = false;
    response.writeHead(200, {
      "Content-Type": "application/json",
      "RateLimit-Limit": 100,
      "RateLimit-Remaining": 99,
      "RateLimit-Reset": 60,
      "Content-Length": body.length,
    });
    request.resume().on("end", () => response.end(body));
  });
  server.listen(trainingPort, "127.0.0.1", () => {
    const command = spawn(file, parameters, { stdio: "inherit" });
    command.on("exit", (code) => process.exit(code ?? 1));
  });
}

if (import.meta.main) serve(process.argv.slice(2));
