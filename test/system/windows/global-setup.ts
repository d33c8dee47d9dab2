import { prepareWineTree } from "./wine-tree.ts";

/** Before the tests, so that the minutes of the first start count for none of them. */
export function setup(): void {
  prepareWineTree();
}
