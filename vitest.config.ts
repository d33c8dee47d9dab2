import { defineConfig } from "vitest/config";

/** The program calls the system's libraries by node:ffi, so every process would warn that it is experimental. */
const execArgv = ["--disable-warning=ExperimentalWarning"];

/**
 * `unit` touches neither the network nor this machine; `system` runs the real program, `directory` does so in members of
 * a real domain, `install` installs packages in a booted container where a logon triggers the program, `debian-13` the
 * deb on the next release, `network` goes through real proxies and servers of Debian's, `headers` compares native tables
 * with C headers, `machines` runs the program on other processors, `windows` runs the Windows executable under Wine (see
 * test/README.md).
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          execArgv,
          include: ["test/**/*.test.ts"],
          exclude: ["test/system/**"],
          testTimeout: 60_000,
          setupFiles: ["test/no-network.ts"],
          // Its files share modules, which takes a third of the time; each leaves what it changes as it was.
          isolate: false,
        },
      },
      {
        test: {
          name: "system",
          execArgv,
          include: ["test/system/{program,trust,wire,proxy,build}/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "directory",
          include: ["test/system/directory/*.test.ts"],
          globalSetup: ["test/system/directory/setup.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "install",
          include: ["test/system/install/*.test.ts"],
          provide: { debian: "bookworm" },
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: "debian-13",
          include: ["test/system/install/deb.test.ts"],
          provide: { debian: "trixie" },
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: "network",
          include: ["test/system/{network,gateway}/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "headers",
          execArgv,
          include: ["test/system/headers/*.test.ts"],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: "machines",
          execArgv,
          include: ["test/system/machines/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: "windows",
          include: ["test/system/windows/*.test.ts"],
          globalSetup: "test/system/windows/global-setup.ts",
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
