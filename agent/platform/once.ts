/** Makes a value when it is first asked for, and keeps it. A `make` that throws is called again the next time. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
