import { prepareWineTree } from "./wine-tree.ts";

/** Before the tests, so that the first time's minutes count to none of them. */
export function setup(): void {
  prepareWineTree();
}
