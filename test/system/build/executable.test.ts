import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { constants, homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gears, startGears } from "../../fakes/gears.ts";
import { canMount, oneAttempt, setUpEndpoint, start, withDocument } from "../support/agent.ts";
import { createTestCa } from "../support/certificates.ts";

/** Behaviour that the build of the executable could break; the sources must behave alike where it makes sense. */
const built = process.env["LINKUSER_EXECUTABLE"] !== undefined;

let gears: Gears;
const folder = mkdtempSync(join(tmpdir(), "linkuser-agent-executable-"));

beforeAll(async () => {
  gears = await startGears({ limit: { calls: 1000, periodMs: 60_000 } });
});

afterAll(async () => {
  await gears.close();
  rmSync(folder, { recursive: true });
});

describe("the program as it is started", () => {
  test("sees the environment, the arguments and the time of its own run", async () => {
    using endpoint = setUpEndpoint(gears);
    for (const level of ["warn", "debug"]) {
      const environment = { ...endpoint.environment, LINKUSER_LOG_LEVEL: level };
      const before = Date.now();
      const { document } = await endpoint.link(["--force"], { environment });
      const { linkedAt } = JSON.parse(readFileSync(endpoint.stateFile, "utf8")).link;
      expect(document.outcome).toBe("linked");
      expect(linkedAt).toBeGreaterThanOrEqual(before);
      expect(linkedAt).toBeLessThanOrEqual(Date.now());
    }
    const { stdout } = await endpoint.run(["config", "--json"], {
      environment: { ...endpoint.environment, LINKUSER_LOG_LEVEL: "error" },
    });
    expect(stdout).toContain("LINKUSER_LOG_LEVEL");
  });

  test("draws other random numbers in each process: how long a refusal is remembered", async () => {
    const lengths = [];
    for (let run = 0; run < 3; run += 1) {
      using endpoint = setUpEndpoint({ ...gears, clientSecret: "refused" });
      const { document } = await endpoint.link();
      expect(document.outcome).toBe("credentials");
      const { since, until } = JSON.parse(readFileSync(endpoint.stateFile, "utf8")).refusal;
      lengths.push(until - since);
    }
    // Of 7.2 million possible ones.
    expect(new Set(lengths).size).toBe(3);
  });

  if (canMount) {
    test("compares names of accounts by Unicode's composition and capitals", async () => {
      using endpoint = setUpEndpoint(gears, { excludeUsers: ["ZOE\u0308*"] });
      const passwd = join(endpoint.directory, "passwd");
      writeFileSync(passwd, `${readFileSync("/etc/passwd", "utf8")}zo\u00eb:x:54321:54321::/:/bin/sh\n`);
      const within = ["unshare", "-m", "sh", "-c", `mount --bind ${passwd} /etc/passwd && exec "$@"`, "sh"];
      const { environment, settingsFile } = endpoint;
      const { ended } = start(["--json", "--user", "zo\u00eb", "--config", settingsFile], { environment, within });
      expect(withDocument(await ended)).toMatchObject({
        document: { outcome: "skipped", message: expect.stringContaining("ZOE\u0308*") },
      });
    });
  }

  test("runs where Node is asked to use a proxy", async () => {
    using endpoint = setUpEndpoint(gears);
    const environment = { ...endpoint.environment, NODE_USE_ENV_PROXY: "1", HTTP_PROXY: "http://127.0.0.1:9" };
    const { document } = await endpoint.link(["--force"], { environment });
    expect(document.outcome).toBe("linked");
  });

  test("shows no secret where Node's own debug output is asked for", async () => {
    using endpoint = setUpEndpoint(gears);
    const environment = { ...endpoint.environment, NODE_DEBUG: built ? "*" : "net,stream,timer" };
    const { document } = await endpoint.link(["--force"], { environment });
    expect(document.outcome).toBe("linked");
  });
});

if (built) {
  describe("the executable", () => {
    test("runs no code that NODE_OPTIONS names", async () => {
      using endpoint = setUpEndpoint(gears);
      const mark = join(folder, "mark");
      const intruder = join(folder, "intruder.cjs");
      writeFileSync(intruder, `require("node:fs").writeFileSync(${JSON.stringify(mark)}, "")`);
      const { document } = await endpoint.link([], {
        environment: { ...endpoint.environment, NODE_OPTIONS: `--require=${intruder}` },
      });
      expect(document.outcome).toBe("linked");
      expect(existsSync(mark)).toBe(false);
    });

    test.each([
      ["OPENSSL_CONF", "openssl.cnf"],
      ["NODE_COMPILE_CACHE", "made"],
      ["NODE_V8_COVERAGE", "made"],
      ["NODE_REDIRECT_WARNINGS", "made"],
      ["NODE_REPL_EXTERNAL_MODULE", "intruder.cjs"],
      ["NODE_ICU_DATA", "made"],
    ])("loads nothing and writes nothing where %s says so", async (name, value) => {
      using endpoint = setUpEndpoint(gears);
      const provider = join(endpoint.directory, "intruder.so");
      const sections = `[all]\nproviders=p\n[p]\nintruder=i\n[i]\nmodule=${provider}\nactivate=1\n`;
      writeFileSync(join(endpoint.directory, "openssl.cnf"), `nodejs_conf=all\nopenssl_conf=all\n${sections}`);
      // Node warns of the last one, so that there is something to redirect.
      const { document } = await endpoint.link([], {
        environment: {
          ...endpoint.environment,
          [name]: join(endpoint.directory, value),
          NODE_TLS_REJECT_UNAUTHORIZED: "0",
        },
      });
      expect(document.outcome).toBe("linked");
      expect(existsSync(join(endpoint.directory, "made"))).toBe(false);
    });

    test("trusts no certificate that NODE_EXTRA_CA_CERTS names", async () => {
      using ca = createTestCa();
      await using overTls = await startGears({ tls: ca.issue("DNS:localhost,IP:127.0.0.1") });
      using endpoint = setUpEndpoint(overTls, oneAttempt);
      const { document } = await endpoint.link([], {
        environment: { ...endpoint.environment, NODE_EXTRA_CA_CERTS: ca.file },
      });
      expect(document).toMatchObject({ outcome: "protocol", error: { code: "tls-untrusted" } });
      expect(overTls.calls).toEqual([]);
    });

    test("opens no debugger when it is asked to", async () => {
      using endpoint = setUpEndpoint(gears, { splay: "30d", deadline: "30d" });
      const { child, ended } = start(["link", ...endpoint.flags, "--config", endpoint.settingsFile], endpoint);
      await new Promise((resolve) => child.stderr?.once("data", resolve));
      // proc_pid_status(5): the signals that a handler waits for.
      const [, handled = ""] = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
      child.kill();
      await ended;
      const bit = (signal: number): bigint => (BigInt(`0x${handled}`) >> BigInt(signal - 1)) & 1n;
      expect([bit(constants.signals.SIGTERM), bit(constants.signals.SIGUSR1)]).toEqual([1n, 0n]);
    });

    test("keeps no more of what is embedded in memory than a run needs", async () => {
      using endpoint = setUpEndpoint(gears, { splay: "30d", deadline: "30d" });
      const { child, ended } = start(["link", ...endpoint.flags, "--config", endpoint.settingsFile], endpoint);
      await new Promise((resolve) => child.stderr?.once("data", resolve));
      // proc_pid_smaps(5): a mapping's line, and kibibytes of it in memory.
      const maps = readFileSync(`/proc/${child.pid}/smaps`, "latin1").split(/^(?=\w+-\w+ )/m);
      child.kill();
      await ended;
      const embedded = maps.findLast((one) => /^\S+ r--p .*linkuser-agent/.test(one)) ?? "";
      expect(Number(/^Rss: +(\d+) kB$/m.exec(embedded)?.[1])).toBeLessThan(1024);
    });

    test("has random numbers of its own in each process: TLS greetings differ each time", async () => {
      const greetings: Buffer[] = [];
      await using server = createServer((socket) => {
        socket
          .on("error", () => {})
          .once("data", (greeting: Buffer) => {
            greetings.push(greeting);
            socket.destroy();
          });
      });
      await once(server.listen(0, "127.0.0.1"), "listening");
      const { port } = server.address() as AddressInfo;
      using endpoint = setUpEndpoint({ ...gears, baseUrl: `https://127.0.0.1:${port}` }, oneAttempt);
      for (let run = 0; run < 2; run += 1) await endpoint.link(["--no-splay"]);
      // RFC 8446, 4.1.2: a record's header, a handshake's header, the version, then 32 random bytes.
      const randoms = greetings.map((greeting) => greeting.toString("hex", 11, 43));
      expect(greetings.length).toBeGreaterThan(1);
      expect(new Set(randoms).size).toBe(greetings.length);
    });

    test("holds nothing of the machine that built it", () => {
      const image = readFileSync(process.env["LINKUSER_EXECUTABLE"] ?? "");
      for (const text of [resolve(import.meta.dirname, "../../.."), `${homedir()}/.`, process.env["PATH"] ?? ""]) {
        expect(image.includes(text), text).toBe(false);
      }
    });

    test("is the same bytes from each folder it is built in", () => {
      const checkout = resolve(import.meta.dirname, "../../..");
      const built = ["one", "another-folder/with a longer name"].map((name) => {
        const copy = join(folder, name);
        for (const [command, ...args] of [
          ["git", "clone", "--quiet", checkout, copy],
          ["ln", "--symbolic", join(checkout, "node_modules"), copy],
          [process.execPath, join(copy, "build.mjs"), "--target", "linux-x64"],
        ] as const) {
          const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
          expect(status, stderr).toBe(0);
        }
        return readFileSync(join(copy, "dist/linkuser-agent-linux-x64"));
      });
      expect(built[0]?.equals(built[1] ?? Buffer.alloc(0))).toBe(true);
    });

    test("needs nothing from PATH and no Node, and prints no warning of Node's", async () => {
      using endpoint = setUpEndpoint(gears);
      const trap = join(folder, "bin");
      mkdirSync(trap);
      writeFileSync(join(trap, "node"), "#!/bin/sh\nexit 99\n");
      chmodSync(join(trap, "node"), 0o755);
      const { exitCode, stderr } = await endpoint.run(["link", "--json", ...endpoint.flags], {
        environment: { ...endpoint.environment, PATH: trap },
      });
      expect(exitCode).toBe(0);
      expect(stderr).not.toContain("Warning");
    });
  });
}
