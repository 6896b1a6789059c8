export { default } from "../../../../../circuit/wifi.js";
