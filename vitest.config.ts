import { defineConfig } from "vitest/config";

/** The program calls the system's libraries by node:ffi, so every process would warn that it is experimental. */
const execArgv = ["--disable-warning=ExperimentalWarning"];

/** Milliseconds that no slow or busy machine needs: a limit says that something hangs. */
const patient = { testTimeout: 300_000, hookTimeout: 1_200_000, expect: { poll: { timeout: 60_000 } } };

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
          ...patient,
          execArgv,
          include: ["test/**/*.test.ts"],
          exclude: ["test/system/**"],
          setupFiles: ["test/no-network.ts"],
          // Its files share modules, which takes a third of the time; each leaves what it changes as it was.
          isolate: false,
        },
      },
      {
        test: {
          name: "system",
          ...patient,
          execArgv,
          include: ["test/system/{program,trust,wire,proxy,build}/*.test.ts"],
        },
      },
      {
        test: {
          name: "directory",
          ...patient,
          include: ["test/system/directory/*.test.ts"],
          globalSetup: ["test/system/directory/setup.ts"],
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "install",
          ...patient,
          include: ["test/system/install/*.test.ts"],
          provide: { debian: "bookworm" },
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "debian-13",
          ...patient,
          include: ["test/system/install/deb.test.ts"],
          provide: { debian: "trixie" },
        },
      },
      {
        test: {
          name: "network",
          ...patient,
          include: ["test/system/{network,gateway}/*.test.ts"],
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "headers",
          ...patient,
          execArgv,
          include: ["test/system/headers/*.test.ts"],
        },
      },
      {
        test: {
          name: "machines",
          ...patient,
          execArgv,
          include: ["test/system/machines/*.test.ts"],
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "windows",
          ...patient,
          include: ["test/system/windows/*.test.ts"],
          globalSetup: "test/system/windows/global-setup.ts",
          fileParallelism: false,
        },
      },
    ],
  },
});
