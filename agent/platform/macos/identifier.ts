/** The program's name in Apple's world: of its signature, its package, its job and its preferences. */
export const macosIdentifier = "com.linkuser.agent";
