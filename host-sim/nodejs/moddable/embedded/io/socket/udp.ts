export { default } from "../../../../../circuit/udp.js";
