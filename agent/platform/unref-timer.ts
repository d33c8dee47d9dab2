/** Resolves after so many milliseconds; does not keep the process alive. */
export function unrefTimer(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
