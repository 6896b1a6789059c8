// The list of clouds: a new one is a folder, and a line here. The name is that of its settings, and of
// device.cloud.

export { cumulocity } from "./cumulocity/kind.js";
export { plain } from "./plain/kind.js";
export { sap } from "./sap-iot/kind.js";
