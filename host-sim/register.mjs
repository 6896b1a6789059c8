// Lets Node run the firmware's TypeScript as it is, with the Moddable names answered by
// host-sim/nodejs/moddable.
import { fileURLToPath } from "node:url";
import { register } from "tsx/esm/api";

register({ tsconfig: fileURLToPath(new URL("./tsconfig.json", import.meta.url)) });
await import("./nodejs/globals.ts");
